import type { TableSource } from './fragment.js';
import { personAliases, persons, profiles } from './tables.js';

/** How rows of a table are sent. The members of a row are columns; a column that none names has its default. */
export interface InsertTarget<Row> {
  readonly table: TableSource;
  readonly columns: readonly (keyof Row & string)[];
}

/** The columns `person` and `canonical` follow from the ids. */
export interface PersonAliasRow {
  readonly project: number;
  readonly distinct_id: string;
  readonly profile_id: string;
  /** Among the rows with one distinct id, the one with the highest version counts. */
  readonly version: number;
}

export const personAliasTarget: InsertTarget<PersonAliasRow> = {
  table: personAliases,
  columns: ['project', 'distinct_id', 'profile_id', 'version'],
};

export interface ProfileRow {
  readonly project: number;
  readonly profile_id: string;
  readonly external_id: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly numbers: Readonly<Record<string, number>>;
  /** Names of the numbers that were sent as text. */
  readonly numeric_texts: readonly string[];
  readonly deleted: boolean;
  /** `YYYY-MM-DD hh:mm:ss.SSS`, UTC; missing: the epoch. */
  readonly created_at?: string;
  readonly version: number;
}

export const profileTarget: InsertTarget<ProfileRow> = {
  table: profiles,
  columns: [
    'project',
    'profile_id',
    'external_id',
    'properties',
    'numbers',
    'numeric_texts',
    'deleted',
    'created_at',
    'version',
  ],
};

/** When an id was seen: rows of one id are merged. Only for ids of which all was deleted, or nothing is there. */
export interface PersonActivityRow {
  readonly project: number;
  /** A number above 2^53, as text. */
  readonly person: string;
  readonly distinct_id: string;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly latest: Readonly<Record<string, string>>;
  readonly expires_on: string;
}

export const personActivityTarget: InsertTarget<PersonActivityRow> = {
  table: persons,
  columns: ['project', 'person', 'distinct_id', 'first_seen', 'last_seen', 'latest', 'expires_on'],
};

/** A line for each row, as JSONCompactEachRow: of the formats that take text, the one that costs us and the engine least. */
export function encodeRows<Row>({ columns }: InsertTarget<Row>, rows: readonly Row[]): string {
  return rows.map((row) => JSON.stringify(columns.map((column) => row[column]))).join('\n');
}
