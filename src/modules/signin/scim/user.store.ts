import { Injectable } from '@nestjs/common';
import { setStatement, statement } from '../../../platform/database/index.js';
import { alreadyExists, constraintErrors } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { deletedDomain, memberStatus } from '../../people/member/index.js';
import { type Columns, filterToSql } from './filter-sql.js';
import type { Filter } from './filter.js';
import type { Page } from './paging.js';
import type { Document } from './resource.js';
import type { ScimUser } from './user.mapper.js';

/** What is kept of a user for one connection. */
export interface UserRecord {
  userId: string;
  externalId: string | null;
  userName: string;
  document: Document;
}

const selected = `m.id, m.email, m.name, m.status <> ${memberStatus.deactivated} as active, m.profile,
  m.manager_id as "managerId", case when u.deleted_at is null then u.document end as document,
  m.created_at as "createdAt", greatest(m.updated_at, u.updated_at) as "updatedAt"`;

// Users deleted by the directory are hidden until they are created again; erased persons have no row.
const users = `from member m
  left join scim_user u on u.org_id = m.org_id and u.connection_id = $2 and u.user_id = m.id
 where m.org_id = $1 and not (u.deleted_at is not null and m.status = ${memberStatus.deactivated})
   and not m.email like '%@${deletedDomain}'`;

const find = statement('scim_user.find', `select ${selected} ${users} and m.id = $3`);
const present = setStatement('scim_user.present', `select m.id ${users} and m.id = any ($3::uuid[])`);

// Fails when another user holds the same name: the address at creation decides which member a user is.
const claim = statement(
  'scim_user.claim',
  `select pg_advisory_xact_lock(hashtextextended('scim_user/' || $1 || '/' || $2, 0))`,
);
const holder = statement(
  'scim_user.holder',
  `select user_id as "userId" from scim_user
    where org_id = $1 and connection_id = $2 and external_id = $3 and deleted_at is null`,
);
const save = statement(
  'scim_user.save',
  `insert into scim_user
     (org_id, connection_id, user_id, external_id, user_name, document, created_at, updated_at)
   values ($1, $2, $3, $4, lower($5), $6, $7, $7)
   on conflict (org_id, connection_id, user_id) do update
     set external_id = excluded.external_id, user_name = excluded.user_name, document = excluded.document,
         updated_at = excluded.updated_at, deleted_at = null`,
);
// Keeps the row, so that the user stays deleted for this directory, and removes its data.
const forget = statement(
  'scim_user.forget',
  `insert into scim_user
     (org_id, connection_id, user_id, user_name, document, created_at, updated_at, deleted_at)
   values ($1, $2, $3, '', '{}', $4, $4, $4)
   on conflict (org_id, connection_id, user_id) do update
     set external_id = null, user_name = '', document = '{}', updated_at = $4, deleted_at = $4`,
);

const known = 'select user_id from scim_user where org_id = $1 and connection_id = $2 and deleted_at is null';

/** Equality of names and ids uses an index once; as a list, the planner would not use it. */
const columns: Columns = {
  id: { type: 'id', sql: 'm.id' },
  username: {
    type: 'text',
    sql: 'coalesce(u.user_name, m.email)',
    equals: (name) =>
      `m.id = any (array(${known} and user_name = ${name}
         union all select id from member where org_id = $1 and email = ${name}
           and not exists (${known} and user_id = member.id)))`,
  },
  externalid: {
    type: 'exact',
    sql: 'u.external_id',
    equals: (id) => `m.id = any (array(${known} and external_id = ${id}))`,
  },
  active: { type: 'boolean', sql: `(m.status <> ${memberStatus.deactivated})` },
  displayname: { type: 'text', sql: 'm.name' },
  'name.givenname': { type: 'text', sql: `m.profile->>'firstName'` },
  'name.familyname': { type: 'text', sql: `m.profile->>'lastName'` },
  title: { type: 'text', sql: `m.profile->>'title'` },
  emails: { type: 'text', sql: 'm.email', equals: (email) => `m.email = ${email}` },
  'emails.value': { type: 'text', sql: 'm.email', equals: (email) => `m.email = ${email}` },
  'emails.type': { type: 'constant', value: 'work' },
  'emails.primary': { type: 'constant', value: 'true' },
  'meta.created': { type: 'time', sql: 'm.created_at' },
  'meta.lastmodified': { type: 'time', sql: 'greatest(m.updated_at, u.updated_at)' },
};

constraintErrors({
  scim_user_name_key: () =>
    alreadyExists('USER_NAME_TAKEN', 'Another user of this connection has this userName.'),
  scim_user_external_key: () =>
    alreadyExists('EXTERNAL_ID_TAKEN', 'Another user of this connection has this externalId.'),
});

@Injectable()
export class UserStore {
  async find(scope: Scope, connectionId: string, id: string): Promise<ScimUser | undefined> {
    return (await scope.tx()).queryOne<ScimUser>(find, [scope.orgId, connectionId, id]);
  }

  /** Those of the ids that are users of the connection. */
  async present(scope: Scope, connectionId: string, ids: readonly string[]): Promise<Set<string>> {
    const rows = await (await scope.tx()).query<{ id: string }>(present, [scope.orgId, connectionId, ids]);
    return new Set(rows.map(({ id }) => id));
  }

  /** Oldest first, so that a user created in the meantime does not shift the pages. */
  async list(
    scope: Scope,
    connectionId: string,
    { filter, startIndex, count }: Page,
  ): Promise<{ items: ScimUser[]; total: number }> {
    const tx = await scope.tx();
    const values: unknown[] = [scope.orgId, connectionId];
    const where = filter ? ` and ${condition(filter, values)}` : '';
    const counting = setStatement('scim_user.count', `select count(*)::integer as total ${users}${where}`);
    const listing = setStatement(
      'scim_user.list',
      `select ${selected} ${users}${where} order by m.created_at, m.id
        offset $${values.length + 1} limit $${values.length + 2}`,
    );
    const items = count === 0 ? [] : await tx.query<ScimUser>(listing, [...values, startIndex - 1, count]);
    // The last page reveals the total, so that a look-up by name needs one query.
    if (items.length > 0 && items.length < count) return { items, total: startIndex - 1 + items.length };
    return { items, total: (await tx.queryOne<{ total: number }>(counting, values))?.total ?? 0 };
  }

  /** Locks the address until the transaction ends, against concurrent creation. */
  async claim(scope: Scope, email: string): Promise<void> {
    await (await scope.tx()).execute(claim, [scope.orgId, email]);
  }

  async holderOf(scope: Scope, connectionId: string, externalId: string): Promise<string | undefined> {
    const values = [scope.orgId, connectionId, externalId];
    return (await (await scope.tx()).queryOne<{ userId: string }>(holder, values))?.userId;
  }

  /** Refused by the database when another user has the name or the id. */
  async save(scope: Scope, connectionId: string, record: UserRecord): Promise<void> {
    const { userId, externalId, userName, document } = record;
    const values = [userId, externalId, userName, JSON.stringify(document), scope.now()];
    await (await scope.tx()).execute(save, [scope.orgId, connectionId, ...values]);
  }

  async forget(scope: Scope, connectionId: string, userId: string): Promise<void> {
    await (await scope.tx()).execute(forget, [scope.orgId, connectionId, userId, scope.now()]);
  }
}

function condition(filter: Filter, values: unknown[]): string {
  return filterToSql(filter, columns, values);
}
