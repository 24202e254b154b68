import { Injectable } from '@nestjs/common';
import { setStatement, statement } from '../../../platform/database/index.js';
import { holdErasures } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { AudienceEntry, AudienceMember } from './campaign.js';
import type { FileMember, MemberKey } from './resolved-audience.js';
import { memberStatus } from '../../people/member/index.js';

/** Members that a campaign may reach. */
export const reachable = `m.status in (${memberStatus.invited}, ${memberStatus.active})`;

const findByKeys = setStatement(
  'audience.find_by_keys',
  `select (given.position - 1)::int as position, coalesce(i.id, e.id) as "userId",
          coalesce(i.status, e.status) = ${memberStatus.deactivated} as deactivated,
          coalesce(i.processing_restricted, e.processing_restricted) as restricted
     from unnest($2::uuid[], $3::text[]) with ordinality as given (user_id, email, position)
     left join member i on i.org_id = $1 and i.id = given.user_id
     left join member e on e.org_id = $1 and e.email = given.email
    where coalesce(i.id, e.id) is not null`,
);
const unknown = setStatement(
  'audience.unknown',
  `select (given.position - 1 + $3)::int as position
     from unnest($2::uuid[]) with ordinality as given (user_id, position)
     left join lateral (
       select true as known from member m where m.org_id = $1 and m.id = given.user_id limit 1) m on true
    where m.known is null
    order by given.position limit $4`,
);
const clear = setStatement(
  'audience.clear',
  'delete from campaign_audience_member where org_id = $1 and campaign_id = $2',
);
const clearLeftOut = setStatement(
  'audience.clear_left_out',
  'delete from campaign_left_out where org_id = $1 and campaign_id = $2',
);
// What an audience was made from is deleted with it.
const clearSources = setStatement(
  'audience.clear_sources',
  'delete from campaign_audience_source where org_id = $1 and campaign_id = $2',
);
const clearOmissions = setStatement(
  'audience.clear_omissions',
  'delete from campaign_audience_omission where org_id = $1 and campaign_id = $2',
);
const insertLeftOut = setStatement(
  'audience.insert_left_out',
  `insert into campaign_left_out (org_id, campaign_id, user_id)
   select $1, $2, given.user_id from unnest($3::uuid[]) as given (user_id)
     join member m on m.org_id = $1 and m.id = given.user_id
    where m.processing_restricted`,
);
const insert = setStatement(
  'audience.insert',
  `insert into campaign_audience_member (org_id, campaign_id, position, user_id, variables)
   select $1, $2, $6 + row_number() over (order by given.position), given.user_id, given.variables::jsonb
     from unnest($3::uuid[], $4::text[]) with ordinality as given (user_id, variables, position)
    cross join lateral (
      select from member m
       where m.org_id = $1 and m.id = given.user_id and ($5 or not m.processing_restricted) limit 1) m`,
);
const variables = setStatement(
  'audience.variables',
  `select user_id as "userId", variables from campaign_audience_member
    where org_id = $1 and campaign_id = $2 and user_id = any($3)`,
);
const entries = setStatement(
  'audience.entries',
  `select a.user_id as "userId", a.variables, coalesce(m.email, '') as email, coalesce(m.name, '') as name,
          coalesce(${reachable}, false) as active
     from campaign_audience_member a
     left join member m on m.org_id = a.org_id and m.id = a.user_id
    where a.org_id = $1 and a.campaign_id = $2 order by a.position`,
);
// A member who has left is no longer reachable, or has no row any more.
const copy = setStatement(
  'audience.copy',
  `insert into campaign_audience_member (org_id, campaign_id, position, user_id, variables)
   select $1, $3, row_number() over (order by a.position), a.user_id, a.variables
     from campaign_audience_member a join member m on m.org_id = a.org_id and m.id = a.user_id
    where a.org_id = $1 and a.campaign_id = $2 and ${reachable} and ($4 or not m.processing_restricted)`,
);
const copySources = setStatement(
  'audience.copy_sources',
  `insert into campaign_audience_source (org_id, campaign_id, place, kind, excludes, source_id, name)
   select org_id, $3, place, kind, excludes, source_id, name
     from campaign_audience_source where org_id = $1 and campaign_id = $2`,
);
const copyLeftOut = setStatement(
  'audience.copy_left_out',
  `insert into campaign_left_out (org_id, campaign_id, user_id)
   select $1, $3, a.user_id
     from campaign_audience_member a join member m on m.org_id = a.org_id and m.id = a.user_id
    where a.org_id = $1 and a.campaign_id = $2 and ${reachable} and m.processing_restricted`,
);
const gone = setStatement(
  'audience.gone',
  `select a.user_id as "userId", count(*) over ()::int as total
     from campaign_audience_member a left join member m on m.org_id = a.org_id and m.id = a.user_id
    where a.org_id = $1 and a.campaign_id = $2 and not coalesce(${reachable}, false)
    order by a.position limit $3`,
);
// By an array and not by a join, which compares everybody with everybody where statistics lag behind a large upload.
const reachableIn = (table: string): string =>
  `(select count(*) from member m
     where m.org_id = $1 and ${reachable} and (given.include_restricted or not m.processing_restricted)
       and m.id = any(array(
         select user_id from ${table} where org_id = $1 and campaign_id = given.campaign_id)))`;
/** In SQL: the version of who can be reached in organization `$1`. Changes whenever a current size may have changed. */
export const reachabilityVersion = `
  (select coalesce(string_agg(v.version::text, ',' order by v.id), '') from reachability_version v where v.org_id = $1)`;

// Planned once: the array makes one plan right for every size.
const currentSizes = statement(
  'audience.current_sizes',
  `select given.campaign_id as "campaignId", ${reachabilityVersion} as version,
          (${reachableIn('campaign_audience_member')} + ${reachableIn('campaign_left_out')})::int as size
     from unnest($2::uuid[], $3::boolean[]) as given (campaign_id, include_restricted)`,
);

/** How many people a campaign reaches, and under which version of who can be reached they were counted. */
export interface CountedSize {
  size: number;
  version: string;
}

/** Batch size: serializing the parameters blocks the event loop. */
const SLICE = 2_000;

/** As many unknown people as an error names. */
const MOST_UNKNOWN = 100;

/** The frozen audience of a campaign. */
@Injectable()
export class AudienceStore {
  /** Indexes of those who are not members of the organization; the first hundred. */
  async unknown(scope: Scope, members: readonly AudienceMember[]): Promise<number[]> {
    const tx = await scope.tx();
    const found: number[] = [];
    let start = 0;
    for (const slice of slicesOf(members)) {
      const userIds = slice.map(({ userId }) => userId);
      const most = MOST_UNKNOWN - found.length;
      const rows = await tx.query<{ position: number }>(unknown, [scope.orgId, userIds, start, most]);
      found.push(...rows.map(({ position }) => position));
      if (found.length === MOST_UNKNOWN) break;
      start += slice.length;
    }
    return found;
  }

  /** The member of each key, in their order; undefined where the organization has none. */
  async findByKeys(scope: Scope, keys: readonly MemberKey[]): Promise<(FileMember | undefined)[]> {
    const tx = await scope.tx();
    const found = new Array<FileMember | undefined>(keys.length).fill(undefined);
    let start = 0;
    for (const slice of slicesOf(keys)) {
      const values = [slice.map(({ userId }) => userId), slice.map(({ email }) => email)];
      const rows = await tx.query<FileMember & { position: number }>(findByKeys, [scope.orgId, ...values]);
      for (const { position, ...member } of rows) found[start + position] = member;
      start += slice.length;
    }
    return found;
  }

  /**
   * Freezes an audience and says how many are in it. People whose processing is restricted may be left out; they are
   * remembered, so that it can be told when the campaign would reach more than were frozen.
   */
  async freeze(
    scope: Scope,
    campaignId: string,
    members: readonly AudienceMember[],
    includeRestricted: boolean,
  ): Promise<number> {
    await holdErasures(scope);
    await this.clear(scope, campaignId);
    const tx = await scope.tx();
    let frozen = 0;
    for (const slice of slicesOf(members)) {
      const userIds = slice.map(({ userId }) => userId);
      if (!includeRestricted) await tx.execute(insertLeftOut, [scope.orgId, campaignId, userIds]);
      const variables = slice.map((member) => JSON.stringify(member.variables));
      const { rowCount } = await tx.execute(insert, [
        scope.orgId,
        campaignId,
        userIds,
        variables,
        includeRestricted,
        frozen,
      ]);
      frozen += rowCount ?? 0;
    }
    return frozen;
  }

  /** Freezes the audience of another campaign with its sources, without those who have left since; says how many are in it. */
  async copy(scope: Scope, from: string, to: string, includeRestricted: boolean): Promise<number> {
    await holdErasures(scope);
    const tx = await scope.tx();
    await tx.execute(copySources, [scope.orgId, from, to]);
    if (!includeRestricted) await tx.execute(copyLeftOut, [scope.orgId, from, to]);
    return (await tx.execute(copy, [scope.orgId, from, to, includeRestricted])).rowCount ?? 0;
  }

  /** How many of an audience have left the organization since, and the first of them. */
  async gone(scope: Scope, campaignId: string, most: number): Promise<{ userIds: string[]; total: number }> {
    const tx = await scope.tx();
    const rows = await tx.query<{ userId: string; total: number }>(gone, [scope.orgId, campaignId, most]);
    return { userIds: rows.map(({ userId }) => userId), total: rows[0]?.total ?? 0 };
  }

  /** Deletes the audience, and what is known about how it came about. */
  async clear(scope: Scope, campaignId: string): Promise<void> {
    const tx = await scope.tx();
    for (const statement of [clear, clearLeftOut, clearSources, clearOmissions]) {
      await tx.execute(statement, [scope.orgId, campaignId]);
    }
  }

  /** The values that only they get, by member; for those who are in the audience. */
  async variablesOf(
    scope: Scope,
    campaignId: string,
    userIds: readonly string[],
  ): Promise<Map<string, Record<string, string>>> {
    const tx = await scope.tx();
    const rows = await tx.query<AudienceMember>(variables, [scope.orgId, campaignId, userIds]);
    return new Map(rows.map((row) => [row.userId, row.variables]));
  }

  async entries(scope: Scope, campaignId: string): Promise<AudienceEntry[]> {
    const tx = await scope.tx();
    return tx.query<AudienceEntry>(entries, [scope.orgId, campaignId]);
  }

  /** How many of the people who were asked for each campaign would reach now, by its id. Reads the whole audience. */
  async countCurrentSizes(
    scope: Scope,
    campaigns: readonly { id: string; includeRestricted: boolean }[],
  ): Promise<Map<string, CountedSize>> {
    if (campaigns.length === 0) return new Map();
    const tx = await scope.tx();
    const rows = await tx.query<CountedSize & { campaignId: string }>(currentSizes, [
      scope.orgId,
      campaigns.map(({ id }) => id),
      campaigns.map(({ includeRestricted }) => includeRestricted),
    ]);
    return new Map(rows.map(({ campaignId, ...counted }) => [campaignId, counted]));
  }
}

function* slicesOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += SLICE) yield items.slice(start, start + SLICE);
}
