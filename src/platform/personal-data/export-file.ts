import { setStatement } from '../database/index.js';
import type { Scope } from '../scope/index.js';

/** An object of a file, and the key that orders it. */
export interface ExportedObject {
  readonly key: string;
  readonly object: unknown;
}

/** The member, or the organization, whose objects are read. */
export interface ExportSubject {
  /** Null in files of the organization. */
  readonly userId: string | null;
  /** Everything that is the person's, and not only what this organization knows. */
  readonly personal: boolean;
}

export interface ExportPage {
  /** The key behind which to begin. */
  readonly after: string;
  readonly most: number;
}

/** A file of an export: objects, in the order of their keys. */
export interface ExportFile {
  /** Without its ending. */
  readonly name: string;
  /** What GetDataExistenceConfirmation calls the objects; undefined where it leaves them out. */
  readonly category?: string;
  /** Part of no export but the person's own: the objects are theirs in every organization. */
  readonly personalOnly?: boolean;
  page(scope: Scope, subject: ExportSubject, page: ExportPage): Promise<ExportedObject[]>;
  /** Whether the category is to be named; without it, whether there is a first object. */
  exists?(scope: Scope, subject: ExportSubject): Promise<boolean>;
}

/** The parts of a statement. `$1` is the organization, `$4` the member. */
interface Source {
  /** A uuid that orders the objects. */
  readonly key: string;
  readonly object: string;
  /** `from … where …`. */
  readonly from: string;
}

type Options = Pick<ExportFile, 'category' | 'personalOnly' | 'exists'>;

/** A file about a member, read by one statement. */
export function memberFile(name: string, { key, object, from, ...options }: Source & Options): ExportFile {
  return { name, ...options, page: pageReader(name, { key, object, from }) };
}

/** A file about the organization, read by one statement that has no `$4`. */
export function organizationFile(name: string, { key, object, from }: Source): ExportFile {
  const statement = pageStatement(name, { key, object, from });
  return {
    name,
    page: async (scope, _subject, { after, most }) =>
      (await scope.tx()).query<ExportedObject>(statement, [scope.orgId, after, most]),
  };
}

/** Reads a file about a member; `name` is that of the statement. */
export function pageReader(name: string, source: Source): ExportFile['page'] {
  const statement = pageStatement(name, source);
  return async (scope, { userId }, { after, most }) =>
    (await scope.tx()).query<ExportedObject>(statement, [scope.orgId, after, most, userId]);
}

function pageStatement(name: string, { key, object, from }: Source) {
  const text = `select ${key} as key, ${object} as object ${from} and ${key} > $2::uuid order by ${key} limit $3`;
  return setStatement(`personal_data.${name}`, text);
}
