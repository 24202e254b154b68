import type { JsonObject } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { statement, type Transaction } from '../../../platform/database/index.js';

interface Mirrored {
  readonly orgId: string;
  /** The project's number in the analytics store. */
  readonly project: number;
  readonly version: number;
}

export interface ChangedProfile extends Mirrored {
  readonly id: string;
  readonly externalId: string;
  readonly properties: JsonObject;
  readonly isGone: boolean;
}

export interface ChangedAlias extends Mirrored {
  readonly alias: string;
  readonly profileId: string;
}

const MOST_AT_ONCE = 2_000;

const profiles = statement(
  'profile.changed',
  `select org_id as "orgId", project, id, external_id as "externalId", properties, version::float8 as version,
          merged_into is not null or deleted_at is not null as "isGone"
     from profile where not is_mirrored order by version limit ${MOST_AT_ONCE}`,
);
const aliases = statement(
  'profile_alias.changed',
  `select org_id as "orgId", project, alias, profile_id as "profileId", version::float8 as version
     from profile_alias where not is_mirrored order by version limit ${MOST_AT_ONCE}`,
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
  async profiles(tx: Transaction): Promise<ChangedProfile[]> {
    return tx.query<ChangedProfile>(profiles);
  }

  async aliases(tx: Transaction): Promise<ChangedAlias[]> {
    return tx.query<ChangedAlias>(aliases);
  }

  async markProfiles(tx: Transaction, sent: readonly ChangedProfile[]): Promise<void> {
    await tx.execute(
      markProfiles,
      columnsOf(sent, ({ id }) => id),
    );
  }

  async markAliases(tx: Transaction, sent: readonly ChangedAlias[]): Promise<void> {
    await tx.execute(
      markAliases,
      columnsOf(sent, ({ alias }) => alias),
    );
  }
}

function columnsOf<Row extends Mirrored>(rows: readonly Row[], key: (row: Row) => string): unknown[] {
  return [
    rows.map(({ orgId }) => orgId),
    rows.map(({ project }) => project),
    rows.map(key),
    rows.map(({ version }) => version),
  ];
}
