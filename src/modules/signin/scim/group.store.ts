import { Injectable } from '@nestjs/common';
import { setStatement, statement } from '../../../platform/database/index.js';
import { alreadyExists, constraintErrors } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { nameKey } from '../../../platform/text/index.js';
import { type Columns, filterToSql } from './filter-sql.js';
import type { Page } from './paging.js';

/** A group of a directory, as one connection knows it. */
export interface ScimGroup {
  id: string;
  externalId: string | null;
  displayName: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface GroupMember {
  groupId: string;
  userId: string;
  display: string;
}

const selected = `g.id, g.external_id as "externalId", g.display_name as "displayName", g.version,
  g.created_at as "createdAt", g.updated_at as "updatedAt"`;
const groups = 'from scim_group g where g.org_id = $1 and g.connection_id = $2';

const find = statement('scim_group.find', `select ${selected} ${groups} and g.id = $3`);
const findForUpdate = statement(
  'scim_group.find_for_update',
  `select ${selected} ${groups} and g.id = $3 for update`,
);
const all = statement('scim_group.all', `select ${selected} ${groups} order by g.id`);
const insert = statement(
  'scim_group.insert',
  `insert into scim_group
     (org_id, connection_id, id, external_id, display_name, name_key, version, created_at, updated_at)
   values ($1, $2, $3, $4, $5, $6, 1, $7, $7)`,
);
const update = statement(
  'scim_group.update',
  `update scim_group set external_id = $4, display_name = $5, name_key = $6, version = version + 1, updated_at = $7
    where org_id = $1 and connection_id = $2 and id = $3`,
);
const remove = statement(
  'scim_group.delete',
  'delete from scim_group where org_id = $1 and connection_id = $2 and id = $3',
);
const members = setStatement(
  'scim_group_member.list',
  `select x.group_id as "groupId", x.user_id as "userId", coalesce(nullif(m.name, ''), m.email) as display
     from (select * from scim_group_member
            where org_id = $1 and connection_id = $2 and group_id = any ($3::uuid[])
            order by group_id, user_id limit $4) x
     join member m on m.org_id = x.org_id and m.id = x.user_id
    order by x.group_id, x.user_id`,
);
// In the order of ids, so that two changes at once wait for each other instead of deadlocking.
const join = setStatement(
  'scim_group_member.join',
  `insert into scim_group_member (org_id, connection_id, group_id, user_id)
   select $1, $2, $3, given.id from unnest($4::uuid[]) given (id) order by given.id
   on conflict do nothing returning user_id as "userId"`,
);
const leave = setStatement(
  'scim_group_member.leave',
  `delete from scim_group_member
    where org_id = $1 and connection_id = $2 and group_id = $3 and user_id = any ($4::uuid[])
   returning user_id as "userId", gave`,
);
const give = setStatement(
  'scim_group_member.give',
  `update scim_group_member set gave = array_append(gave, $5)
    where org_id = $1 and connection_id = $2 and group_id = $3 and user_id = any ($4::uuid[]) and $5 <> all (gave)`,
);
const withdraw = setStatement(
  'scim_group_member.withdraw',
  `update scim_group_member set gave = array_remove(gave, $4)
    where org_id = $1 and connection_id = $2 and group_id = $3 and $4 = any (gave) returning user_id as "userId"`,
);
const groupsOf = setStatement(
  'scim_group_member.groups_of',
  `select x.user_id as "userId", ${selected} from scim_group_member x
     join scim_group g on g.org_id = x.org_id and g.connection_id = x.connection_id and g.id = x.group_id
    where x.org_id = $1 and x.connection_id = $2 and x.user_id = any ($3::uuid[]) order by g.id`,
);

const withMember = (id: string): string =>
  `g.id in (select group_id from scim_group_member where org_id = $1 and connection_id = $2 and user_id = ${id})`;

const columns: Columns = {
  id: { type: 'id', sql: 'g.id' },
  displayname: { type: 'text', sql: 'g.display_name' },
  externalid: { type: 'exact', sql: 'g.external_id' },
  members: { type: 'id', sql: 'g.id', equals: withMember },
  'members.value': { type: 'id', sql: 'g.id', equals: withMember },
  'meta.created': { type: 'time', sql: 'g.created_at' },
  'meta.lastmodified': { type: 'time', sql: 'g.updated_at' },
};

constraintErrors({
  scim_group_name_key: () =>
    alreadyExists('DISPLAY_NAME_TAKEN', 'Another group of this connection has this displayName.'),
  scim_group_external_key: () =>
    alreadyExists('EXTERNAL_ID_TAKEN', 'Another group of this connection has this externalId.'),
});

@Injectable()
export class GroupStore {
  async find(scope: Scope, connectionId: string, id: string): Promise<ScimGroup | undefined> {
    return (await scope.tx()).queryOne<ScimGroup>(find, [scope.orgId, connectionId, id]);
  }

  /** Locked until the transaction ends. */
  async findForUpdate(scope: Scope, connectionId: string, id: string): Promise<ScimGroup | undefined> {
    return (await scope.tx()).queryOne<ScimGroup>(findForUpdate, [scope.orgId, connectionId, id]);
  }

  async all(scope: Scope, connectionId: string): Promise<ScimGroup[]> {
    return (await scope.tx()).query<ScimGroup>(all, [scope.orgId, connectionId]);
  }

  /** Oldest first. */
  async list(
    scope: Scope,
    connectionId: string,
    { filter, startIndex, count }: Page,
  ): Promise<{ items: ScimGroup[]; total: number }> {
    const tx = await scope.tx();
    const values: unknown[] = [scope.orgId, connectionId];
    const where = filter ? ` and ${filterToSql(filter, columns, values)}` : '';
    const counting = setStatement('scim_group.count', `select count(*)::integer as total ${groups}${where}`);
    const listing = setStatement(
      'scim_group.list',
      `select ${selected} ${groups}${where} order by g.created_at, g.id
        offset $${values.length + 1} limit $${values.length + 2}`,
    );
    const items = count === 0 ? [] : await tx.query<ScimGroup>(listing, [...values, startIndex - 1, count]);
    // The last page reveals the total, so that a look-up by name needs one query.
    if (items.length > 0 && items.length < count) return { items, total: startIndex - 1 + items.length };
    return { items, total: (await tx.queryOne<{ total: number }>(counting, values))?.total ?? 0 };
  }

  /** Refused by the database when another group has the name or the id. */
  async insert(
    scope: Scope,
    connectionId: string,
    { id, externalId, displayName }: Pick<ScimGroup, 'id' | 'externalId' | 'displayName'>,
  ): Promise<void> {
    const values = [
      scope.orgId,
      connectionId,
      id,
      externalId,
      displayName,
      nameKey(displayName),
      scope.now(),
    ];
    await (await scope.tx()).execute(insert, values);
  }

  /** Makes it another version. */
  async update(
    scope: Scope,
    connectionId: string,
    { id, externalId, displayName }: Pick<ScimGroup, 'id' | 'externalId' | 'displayName'>,
  ): Promise<void> {
    const values = [
      scope.orgId,
      connectionId,
      id,
      externalId,
      displayName,
      nameKey(displayName),
      scope.now(),
    ];
    await (await scope.tx()).execute(update, values);
  }

  async delete(scope: Scope, connectionId: string, id: string): Promise<void> {
    await (await scope.tx()).execute(remove, [scope.orgId, connectionId, id]);
  }

  /** Members of all these groups together, at most `most` if given. */
  async members(
    scope: Scope,
    connectionId: string,
    groupIds: readonly string[],
    most: number | null = null,
  ): Promise<GroupMember[]> {
    const values = [scope.orgId, connectionId, groupIds, most];
    return (await scope.tx()).query<GroupMember>(members, values);
  }

  /** Those who were not in it before. */
  async join(scope: Scope, connectionId: string, id: string, userIds: readonly string[]): Promise<string[]> {
    const values = [scope.orgId, connectionId, id, userIds];
    const rows = await (await scope.tx()).query<{ userId: string }>(join, values);
    return rows.map(({ userId }) => userId);
  }

  /** Those who were in it, and what it gave them. */
  async leave(
    scope: Scope,
    connectionId: string,
    id: string,
    userIds: readonly string[],
  ): Promise<{ userId: string; gave: string[] }[]> {
    return (await scope.tx()).query(leave, [scope.orgId, connectionId, id, userIds]);
  }

  /** Notes down that the group gave something to these of its people. */
  async give(
    scope: Scope,
    connectionId: string,
    id: string,
    userIds: readonly string[],
    key: string,
  ): Promise<void> {
    await (await scope.tx()).execute(give, [scope.orgId, connectionId, id, userIds, key]);
  }

  /** That it gives this no more; to whom it had. */
  async withdraw(scope: Scope, connectionId: string, id: string, key: string): Promise<string[]> {
    const tx = await scope.tx();
    const rows = await tx.query<{ userId: string }>(withdraw, [scope.orgId, connectionId, id, key]);
    return rows.map(({ userId }) => userId);
  }

  async groupsOf(
    scope: Scope,
    connectionId: string,
    userIds: readonly string[],
  ): Promise<(ScimGroup & { userId: string })[]> {
    return (await scope.tx()).query(groupsOf, [scope.orgId, connectionId, userIds]);
  }
}
