import { Injectable } from '@nestjs/common';
import { MAX as lastUuid } from 'uuid';
import { setStatement, statement } from '../../../platform/database/index.js';
import type { Page, Position } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../member/index.js';
import type { RosterKind } from './roster.kind.js';
import type { Roster } from './roster.js';

/** The member is in the default rosters. The condition of the index member_belonging, letter for letter. */
const belongs = `m.status in (${memberStatus.invited}, ${memberStatus.active})`;

/** In SQL: the members, as `user_id`, of the roster of the organization `$1` that has the id `rosterId`. */
export const membersOfRoster = (rosterId: string): string => `
  (select x.user_id from roster_member x where x.org_id = $1 and x.roster_id = ${rosterId}
    union all
   select m.id from roster r join member m on m.org_id = r.org_id and ${belongs}
    where r.org_id = $1 and r.id = ${rosterId} and r.is_default)`;

/** In SQL: the ids of the rosters of a member of the organization `$1` who is invited or active. */
export const rostersOfMember = (userId: string): string => `
  (select x.roster_id as id from roster_member x where x.org_id = $1 and x.user_id = ${userId}
    union all
   select r.id from roster r where r.org_id = $1 and r.is_default)`;

const count = statement(
  'headcount.of',
  'select coalesce(sum(members), 0)::integer as count from headcount where org_id = $1 and subject_id = $2',
);
const list = statement(
  'roster_member.list',
  `select user_id as id, added_at as "createdAt" from roster_member
    where org_id = $1 and (added_at, user_id) < ($2, $3) and roster_id = $5
    order by added_at desc, user_id desc limit $4`,
);
const listEverybody = statement(
  'roster_member.list_everybody',
  `select m.id, m.created_at as "createdAt" from member m
    where m.org_id = $1 and ${belongs} and (m.created_at, m.id) < ($2, $3)
    order by m.created_at desc, m.id desc limit $4`,
);
// In the order of ids, as everywhere where members are locked, so that concurrent calls cannot deadlock.
const lockMembers = setStatement(
  'roster_member.lock_members',
  `select m.id from member m where m.org_id = $1 and m.id = any ($2) and ${belongs} order by m.id for key share`,
);
const add = setStatement(
  'roster_member.add',
  `insert into roster_member (org_id, roster_id, user_id, added_at)
   select $1, $2, given.id, $4 from unnest($3::uuid[]) given (id) order by given.id
   on conflict do nothing returning user_id as id`,
);
const remove = setStatement(
  'roster_member.remove',
  `with leaving as materialized (
     select user_id from roster_member where org_id = $1 and roster_id = $2 and user_id = any ($3)
      order by user_id for update)
   delete from roster_member x using leaving
    where x.org_id = $1 and x.roster_id = $2 and x.user_id = leaving.user_id returning x.user_id as id`,
);
const memberships = setStatement(
  'roster_member.memberships',
  `select x.user_id as "userId", x.roster_id as "rosterId" from roster_member x
     join roster r on r.org_id = x.org_id and r.id = x.roster_id and r.kind = $2
    where x.org_id = $1 and x.user_id = any ($3)
   union all
   select m.id, r.id from member m join roster r on r.org_id = m.org_id and r.kind = $2 and r.is_default
    where m.org_id = $1 and m.id = any ($3) and ${belongs}`,
);

export interface Membership {
  userId: string;
  rosterId: string;
}

/**
 * Members of a roster: rows for those who were added; default rosters have all invited and active members,
 * without rows.
 */
@Injectable()
export class RosterMemberStore {
  async count(scope: Scope, { id, isDefault }: Roster): Promise<number> {
    const tx = await scope.tx();
    const subjectId = isDefault ? scope.orgId : id;
    const row = await tx.queryOne<{ count: number }>(count, [scope.orgId, subjectId]);
    return row?.count ?? 0;
  }

  /** Ids of members with the time since when they are in it, newest first; one more than the page holds. */
  async list(scope: Scope, { id, isDefault }: Roster, { limit, after }: Page): Promise<Position[]> {
    const tx = await scope.tx();
    const page = [scope.orgId, after?.createdAt ?? 'infinity', after?.id ?? lastUuid, limit + 1];
    return isDefault ? tx.query<Position>(listEverybody, page) : tx.query<Position>(list, [...page, id]);
  }

  /** Those of the users who are invited or active; they stay it until the transaction ends. */
  async lockMembers(scope: Scope, userIds: readonly string[]): Promise<Set<string>> {
    const tx = await scope.tx();
    return idsOf(await tx.query<{ id: string }>(lockMembers, [scope.orgId, userIds]));
  }

  /** Those who were not in it before. */
  async add(scope: Scope, rosterId: string, userIds: readonly string[]): Promise<Set<string>> {
    const tx = await scope.tx();
    return idsOf(await tx.query<{ id: string }>(add, [scope.orgId, rosterId, userIds, scope.now()]));
  }

  /** Those who were in it. */
  async remove(scope: Scope, rosterId: string, userIds: readonly string[]): Promise<Set<string>> {
    const tx = await scope.tx();
    return idsOf(await tx.query<{ id: string }>(remove, [scope.orgId, rosterId, userIds]));
  }

  async memberships(scope: Scope, kind: RosterKind, userIds: readonly string[]): Promise<Membership[]> {
    const tx = await scope.tx();
    return tx.query<Membership>(memberships, [scope.orgId, kind.word, userIds]);
  }
}

function idsOf(rows: readonly { id: string }[]): Set<string> {
  return new Set(rows.map(({ id }) => id));
}
