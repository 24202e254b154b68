import { Injectable } from '@nestjs/common';
import { Database, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

/** An id, and the live profile to which it leads. */
export interface Identity {
  readonly id: string;
  readonly profileId: string;
  readonly externalId: string;
}

const find = statement(
  'profile.identities',
  `select a.alias as id, p.id as "profileId", p.external_id as "externalId"
     from profile_alias a join profile p on p.org_id = a.org_id and p.project = a.project and p.id = a.profile_id
    where a.org_id = $1 and a.project = $2 and a.alias = any ($3) and p.deleted_at is null`,
);

const idsOf = statement(
  'profile_alias.of_profiles',
  `select profile_id as "profileId", array_agg(alias) as ids from profile_alias
    where org_id = $1 and project = $2 and profile_id = any ($3::uuid[]) group by profile_id`,
);

const isClaimed = statement(
  'profile.is_claimed',
  'select from profile_alias where org_id = $1 and project = $2 and alias = $3',
);

/** To which profiles ids lead: external ids, aliases and the ids of profiles, also of merged ones. */
@Injectable()
export class Identities {
  constructor(private readonly database: Database) {}

  /**
   * Those of the ids that lead to a profile of the scope's project. In a separate transaction: a question to the analytics
   * store follows, and a scope keeps its connection.
   */
  async of(
    { orgId, project, signal, holdsConnection: isSecond }: Scope,
    ids: readonly string[],
  ): Promise<Identity[]> {
    const known = ids.filter((id) => id !== '' && !id.includes('\0'));
    if (known.length === 0) return [];
    return this.database.transaction({ orgId, readOnly: true, isSecond, signal }, (tx) =>
      tx.query<Identity>(find, [orgId, project.number, known]),
    );
  }

  /** Every id that leads to the profiles, also those of merged ones, by profile. */
  async idsOf(
    { orgId, project, signal, holdsConnection: isSecond }: Scope,
    profileIds: readonly string[],
  ): Promise<ReadonlyMap<string, readonly string[]>> {
    if (profileIds.length === 0) return new Map();
    const rows = await this.database.transaction({ orgId, readOnly: true, isSecond, signal }, (tx) =>
      tx.query<{ profileId: string; ids: string[] }>(idsOf, [orgId, project.number, profileIds]),
    );
    return new Map(rows.map(({ profileId, ids }) => [profileId, ids]));
  }

  /** Whether the id leads to a profile, or did before that was deleted. */
  async isClaimed(
    { orgId, project, signal, holdsConnection: isSecond }: Scope,
    id: string,
  ): Promise<boolean> {
    const row = await this.database.transaction({ orgId, readOnly: true, isSecond, signal }, (tx) =>
      tx.queryOne(isClaimed, [orgId, project.number, id]),
    );
    return row !== undefined;
  }
}
