import type { JsonObject } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { statement, type Transaction } from '../../../platform/database/index.js';
import { AnalyticsVersions } from '../project/index.js';

interface Mirrored {
  readonly orgId: string;
  /** The project's number in the analytics store. */
  readonly project: number;
  readonly version: number;
}

/** A row by its organization, and the profile's id or the alias. */
export interface RowName {
  readonly orgId: string;
  readonly key: string;
}

export interface ChangedProfile extends Mirrored {
  readonly id: string;
  readonly externalId: string;
  readonly properties: JsonObject;
  readonly createdAt: Date;
  readonly isGone: boolean;
}

export interface ChangedAlias extends Mirrored {
  readonly alias: string;
  readonly profileId: string;
}

/** Rows of a round, from all organizations. */
const MOST_AT_ONCE = 2_000;
const MOST_BYTES_AT_ONCE = 8 * 1024 * 1024;

/**
 * The rows that changed, the oldest of each organization first and the organizations in turn: one with many does not
 * hold up the others. At least one row, whatever its size; none of the postponed ($1, $2).
 */
function changed(table: string, key: string, columns: string, bytes: string): string {
  return `with recursive organization (org_id) as (
     (select org_id from ${table} where not is_mirrored order by org_id limit 1)
     union all
     select (select c.org_id from ${table} c where not c.is_mirrored and c.org_id > o.org_id order by c.org_id limit 1)
       from organization o where o.org_id is not null
   ), waiting as materialized (
     select c.*, row_number() over (partition by c.org_id order by c.version) as turn
       from organization o cross join lateral (
         select t.org_id, t.project, t.${key}, t.version from ${table} t
          where t.org_id = o.org_id and not t.is_mirrored
            and not exists (select from unnest($1::uuid[], $2::text[]) postponed (org_id, key)
                             where postponed.org_id = t.org_id and postponed.key = t.${key}::text)
          order by t.version limit ${MOST_AT_ONCE}) c
      order by turn, version limit ${MOST_AT_ONCE}
   ), counted as materialized (
     select t.*, turn, sum(${bytes}) over (order by turn, t.version, t.${key}) - ${bytes} as bytes_before
       from waiting w join ${table} t on t.org_id = w.org_id and t.project = w.project and t.${key} = w.${key}
   )
   select org_id as "orgId", project, ${columns}, version::float8 as version
     from counted where bytes_before < ${MOST_BYTES_AT_ONCE} order by turn, version, ${key}`;
}

const profiles = statement(
  'profile.changed',
  changed(
    'profile',
    'id',
    `id, external_id as "externalId", properties, created_at as "createdAt", merged_into is not null or deleted_at is not null as "isGone"`,
    'octet_length(t.properties::text)',
  ),
);
const aliases = statement(
  'profile_alias.changed',
  changed('profile_alias', 'alias', `alias, profile_id as "profileId"`, 'octet_length(t.alias)'),
);

// Rows that changed since they were read stay, and so do rows that a call is changing: neither waits for the other.
const markProfiles = statement(
  'profile.mark_mirrored',
  `with mirrored as materialized (
     select p.org_id, p.project, p.id from profile p
       join unnest($1::uuid[], $2::integer[], $3::uuid[], $4::bigint[]) sent (org_id, project, id, version)
         on p.org_id = sent.org_id and p.project = sent.project and p.id = sent.id and p.version = sent.version
        for update of p skip locked)
   update profile p set is_mirrored = true from mirrored m
    where p.org_id = m.org_id and p.project = m.project and p.id = m.id`,
);
const markAliases = statement(
  'profile_alias.mark_mirrored',
  `with mirrored as materialized (
     select a.org_id, a.project, a.alias from profile_alias a
       join unnest($1::uuid[], $2::integer[], $3::text[], $4::bigint[]) sent (org_id, project, alias, version)
         on a.org_id = sent.org_id and a.project = sent.project and a.alias = sent.alias and a.version = sent.version
        for update of a skip locked)
   update profile_alias a set is_mirrored = true from mirrored m
    where a.org_id = m.org_id and a.project = m.project and a.alias = m.alias`,
);

/** The settings of a transaction that sees the people of all organizations; no call runs in one. */
export const mirrorSettings = { kind: 'job', lookup: { kind: 'profiles', key: 'mirror' } } as const;

/** What the analytics store does not know yet. */
@Injectable()
export class ProfileMirrorStore {
  constructor(private readonly versions: AnalyticsVersions) {}

  async profiles(tx: Transaction, postponed: readonly RowName[]): Promise<ChangedProfile[]> {
    return tx.query<ChangedProfile>(profiles, namesOf(postponed));
  }

  async aliases(tx: Transaction, postponed: readonly RowName[]): Promise<ChangedAlias[]> {
    return tx.query<ChangedAlias>(aliases, namesOf(postponed));
  }

  /** The store knows them: the versions of their projects rise. */
  async markProfiles(tx: Transaction, sent: readonly ChangedProfile[]): Promise<void> {
    await tx.execute(
      markProfiles,
      columnsOf(sent, ({ id }) => id),
    );
    await this.versions.raise(tx, sent);
  }

  async markAliases(tx: Transaction, sent: readonly ChangedAlias[]): Promise<void> {
    await tx.execute(
      markAliases,
      columnsOf(sent, ({ alias }) => alias),
    );
    await this.versions.raise(tx, sent);
  }
}

function namesOf(rows: readonly RowName[]): unknown[] {
  return [rows.map(({ orgId }) => orgId), rows.map(({ key }) => key)];
}

function columnsOf<Row extends Mirrored>(rows: readonly Row[], key: (row: Row) => string): unknown[] {
  return [
    rows.map(({ orgId }) => orgId),
    rows.map(({ project }) => project),
    rows.map(key),
    rows.map(({ version }) => version),
  ];
}
