import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../../people/member/index.js';
import { membersOfRoster, rostersOfMember } from '../../people/roster/index.js';
import { hasActiveDevice } from '../device/index.js';
import { reachable } from './audience.store.js';
import {
  type AudienceSource,
  type AudienceSummary,
  type LeftOutReason,
  leftOutReason,
  MOST_MEMBERS,
  type ResolvableSource,
  sourceKind,
} from './resolved-audience.js';

/** The member is in the audience, once. */
const isIn = `(reason is null or reason = ${leftOutReason.namedTwice})`;

/**
 * Sources as rows (`$2` to `$7`), and the reason why each member whom they name is left out, if any. A rule is a jsonpath predicate over the facts of a
 * member, so that one text serves every rule. `$8`: whether members whose processing is restricted are reached.
 */
const judged = `
  with source as materialized (
    select s.place, s.kind, s.id, s.excludes, s.condition::jsonpath as condition, s.variables::jsonb as variables
      from unnest($2::int[], $3::smallint[], $4::uuid[], $5::boolean[], $6::text[], $7::text[])
        as s (place, kind, id, excludes, condition, variables)
  ), fact as materialized (
    select m.id, jsonb_build_object(
             'role', m.role_id, 'profile', m.profile, 'rosters', to_jsonb(array${rostersOfMember('m.id')}),
             'device', ${hasActiveDevice('m.id')}) as facts
      from member m
     where m.org_id = $1 and ${reachable} and (select bool_or(kind = ${sourceKind.rule}) from source)
  ), named as (
    select place, excludes, id as user_id, kind = ${sourceKind.users} and not excludes as listed
      from source where kind = ${sourceKind.users}
     union all
    select s.place, s.excludes, x.user_id, false from source s cross join lateral ${membersOfRoster('s.id')} x
     where s.kind in (${sourceKind.group}, ${sourceKind.team})
     union all
    select s.place, s.excludes, f.id, false from source s join fact f
        on jsonb_path_match(f.facts, s.condition, s.variables, true)
     where s.kind = ${sourceKind.rule}
  ), person as (
    select user_id, min(place) filter (where not excludes) as place, min(place) filter (where excludes) as excluder,
           count(*) filter (where not excludes) as times, bool_or(listed) as listed
      from named group by user_id
  ), judged as materialized (
    select p.user_id, p.times, coalesce(m.email, '') as email, coalesce(m.name, '') as name,
           case when m.id is null then ${leftOutReason.unknown}
                when p.excluder is not null then ${leftOutReason.excluded}
                when m.status = ${memberStatus.deactivated} then ${leftOutReason.deactivated}
                when m.processing_restricted and not $8 then ${leftOutReason.restricted}
                when p.listed and p.times > 1 then ${leftOutReason.namedTwice} end as reason,
           case when p.excluder is not null and m.id is not null then p.excluder
                else coalesce(p.place, p.excluder) end as place
      from person p left join member m on m.org_id = $1 and m.id = p.user_id
     where p.place is not null or m.id is null
  )`;
const summary = `
  select reason, count(*)::int as count, (count(*) filter (where times > 1 and ${isIn}))::int as repeated
    from judged group by reason`;

// One statement: the members are judged once, and the page is of the moment of the numbers.
const preview = setStatement(
  'resolution.preview',
  `${judged}, summary as (${summary}), page as (
     select user_id as "userId", email, name, reason, place from judged
      where case when $9 then reason is not null else ${isIn} end and (email, user_id) > ($10::text, $11::uuid)
      order by email, user_id limit $12
   )
   select (select coalesce(json_agg(summary), '[]') from summary) as summary,
          (select coalesce(json_agg(page order by email, "userId"), '[]') from page) as people`,
);
// One statement, so that the audience, what is left out and the numbers are of one moment.
const freeze = setStatement(
  'resolution.freeze',
  `${judged}, frozen as (
     insert into campaign_audience_member (org_id, campaign_id, position, user_id)
     select $1, $9, row_number() over (order by place, user_id), user_id from judged
      where ${isIn} and (select count(*) from judged where ${isIn}) <= ${MOST_MEMBERS}
   ), withheld as (
     insert into campaign_left_out (org_id, campaign_id, user_id)
     select $1, $9, user_id from judged where reason = ${leftOutReason.restricted}
   ), noted as (
     insert into campaign_audience_omission (org_id, campaign_id, number, user_id, reason, place)
     select $1, $9, row_number() over (order by place, user_id), user_id, reason, place
       from judged where reason is not null order by place, user_id limit ${MOST_MEMBERS}
   ) ${summary}`,
);
const insertSources = setStatement(
  'resolution.insert_sources',
  `insert into campaign_audience_source (org_id, campaign_id, place, kind, excludes, source_id, name)
   select $1, $2, s.place - 1, s.kind, s.excludes, s.id, s.name
     from unnest($3::smallint[], $4::boolean[], $5::uuid[], $6::text[])
       with ordinality as s (kind, excludes, id, name, place)`,
);

interface SummaryRow {
  reason: LeftOutReason | null;
  count: number;
  repeated: number;
}

/** A member whom sources name, with the place of the source in their list. */
export interface FoundPerson {
  userId: string;
  email: string;
  name: string;
  reason: LeftOutReason | null;
  place: number;
}

/** Which members a page begins behind, and which it is about. */
export interface PreviewPage {
  leftOut: boolean;
  after: { email: string; userId: string };
  limit: number;
}

/** Resolves sources in the database: no list of members passes through the server. */
@Injectable()
export class ResolutionStore {
  /** How many, and a page of who, by address. */
  async preview(
    scope: Scope,
    sources: readonly ResolvableSource[],
    includeRestricted: boolean,
    { leftOut, after, limit }: PreviewPage,
  ): Promise<{ summary: AudienceSummary; people: FoundPerson[] }> {
    const tx = await scope.tx();
    const place = [leftOut, after.email, after.userId, limit];
    const found = await tx.queryOne<{ summary: SummaryRow[]; people: FoundPerson[] }>(preview, [
      scope.orgId,
      ...rowsOf(sources),
      includeRestricted,
      ...place,
    ]);
    return { summary: toSummary(found?.summary ?? []), people: found?.people ?? [] };
  }

  /** Writes the audience of a campaign that has none; no member is written when they are more than MOST_MEMBERS. */
  async freeze(
    scope: Scope,
    campaignId: string,
    sources: readonly ResolvableSource[],
    includeRestricted: boolean,
  ): Promise<AudienceSummary> {
    await this.noteSources(scope, campaignId, sources);
    const tx = await scope.tx();
    const values = [scope.orgId, ...rowsOf(sources), includeRestricted, campaignId];
    return toSummary(await tx.query<SummaryRow>(freeze, values));
  }

  /** What the audience of a campaign was made from. */
  async noteSources(scope: Scope, campaignId: string, sources: readonly AudienceSource[]): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(insertSources, [
      scope.orgId,
      campaignId,
      sources.map(({ kind }) => kind),
      sources.map(({ excludes }) => excludes),
      sources.map(({ id }) => id),
      sources.map(({ name }) => name),
    ]);
  }
}

/** A row for each listed member, and for each other source. */
function rowsOf(sources: readonly ResolvableSource[]): unknown[] {
  const rows = sources.flatMap(({ kind, excludes, id, userIds, condition }, place) =>
    (kind === sourceKind.users ? userIds : [id]).map((named) => ({
      place,
      kind,
      named,
      excludes,
      condition,
    })),
  );
  return [
    rows.map(({ place }) => place),
    rows.map(({ kind }) => kind),
    rows.map(({ named }) => named),
    rows.map(({ excludes }) => excludes),
    rows.map(({ condition }) => condition?.text ?? null),
    rows.map(({ condition }) => condition && JSON.stringify(condition.variables)),
  ];
}

function toSummary(rows: readonly SummaryRow[]): AudienceSummary {
  const leftOut = new Map<LeftOutReason, number>();
  let size = 0;
  let namedRepeatedly = 0;
  for (const { reason, count, repeated } of rows) {
    if (reason === null || reason === leftOutReason.namedTwice) size += count;
    if (reason !== null) leftOut.set(reason, count);
    namedRepeatedly += repeated;
  }
  return { size, namedRepeatedly, leftOut };
}
