import { Injectable } from '@nestjs/common';
import { setStatement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../member/index.js';

/** Names a member, or all members of a group or with a role. */
export interface MemberReference {
  type: 'USER' | 'GROUP' | 'ROLE';
  targetId: string;
}

/** The members behind references, each once. */
export interface NamedMembers {
  /** Members who can be told, in the order of the references; at most as many as were asked for. */
  userIds: string[];
  /** How many can be told, those that are not listed included. */
  total: number;
  inactive: number;
  restricted: number;
}

const isActive = `m.status in (${memberStatus.invited}, ${memberStatus.active})`;

const known = setStatement(
  'named_members.known',
  `select m.id from member m where m.org_id = $1 and m.id = any($2)
    union all select r.id from roster r where r.org_id = $1 and r.id = any($3) and r.kind = 'group'`,
);
// All who are invited or active are in the default group, unwritten.
const resolve = setStatement(
  'named_members.resolve',
  `with target as (
     select * from unnest($2::text[], $3::uuid[]) with ordinality as t (type, id, place)
   ), named as (
     select t.place, t.id as user_id from target t where t.type = 'USER'
     union all
     select t.place, x.user_id from target t join roster_member x on x.org_id = $1 and x.roster_id = t.id
      where t.type = 'GROUP'
     union all
     select t.place, m.id from target t
       join roster r on r.org_id = $1 and r.id = t.id and r.kind = 'group' and r.is_default
       join member m on m.org_id = r.org_id and ${isActive}
      where t.type = 'GROUP'
     union all
     select t.place, m.id from target t join member m on m.org_id = $1 and m.role_id = t.id where t.type = 'ROLE'
   ), each as (
     select m.id, n.place, ${isActive} as active, m.processing_restricted and not $4 as restricted
       from (select user_id, min(place) as place from named group by user_id) n
       join member m on m.org_id = $1 and m.id = n.user_id
   )
   select array(select id from each where active and not restricted order by place, id limit $5) as "userIds",
          count(*) filter (where active and not restricted)::int as total,
          count(*) filter (where not active)::int as inactive,
          count(*) filter (where active and restricted)::int as restricted
     from each`,
);

/** Finds the members of an organization that other modules keep references to. */
@Injectable()
export class NamedMemberStore {
  /** Which of these ids are members, and which are groups. */
  async known(scope: Scope, userIds: readonly string[], groupIds: readonly string[]): Promise<Set<string>> {
    if (userIds.length + groupIds.length === 0) return new Set();
    const tx = await scope.tx();
    const rows = await tx.query<{ id: string }>(known, [scope.orgId, userIds, groupIds]);
    return new Set(rows.map(({ id }) => id));
  }

  /** As they are at this moment; `most` are listed. */
  async resolve(
    scope: Scope,
    references: readonly MemberReference[],
    { includeRestricted, most }: { includeRestricted: boolean; most: number },
  ): Promise<NamedMembers> {
    const none = { userIds: [], total: 0, inactive: 0, restricted: 0 };
    if (references.length === 0) return none;
    const tx = await scope.tx();
    const types = references.map(({ type }) => type);
    const ids = references.map(({ targetId }) => targetId);
    const values = [scope.orgId, types, ids, includeRestricted, most];
    return (await tx.queryOne<NamedMembers>(resolve, values)) ?? none;
  }
}
