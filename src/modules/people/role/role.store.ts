import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import { alreadyExists, constraintErrors } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { nameKey } from '../../../platform/text/index.js';
import type { RoleEntity } from './role.entity.js';
import type { Holders } from './role.rules.js';

const columns = `org_id as "orgId", id, slug, name, is_default as "isDefault", is_system as "isSystem", permissions,
          created_at as "createdAt"`;

const list = statement(
  'role.list',
  `select ${columns} from role where org_id = $1 order by is_default desc, created_at, id`,
);

const find = statement('role.find', `select ${columns} from role where org_id = $1 and id = $2`);

const findBySlug = statement(
  'role.find_by_slug',
  `select ${columns} from role where org_id = $1 and slug = $2`,
);

const findForUpdate = statement(
  'role.find_for_update',
  `select ${columns} from role where org_id = $1 and id = $2 for update`,
);

const insert = statement(
  'role.insert',
  `insert into role (org_id, id, slug, name, name_key, is_default, is_system, permissions, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);

const insertMissing = statement(
  'role.insert_missing',
  `insert into role (org_id, id, slug, name, name_key, is_default, is_system, permissions, created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
);

const update = statement(
  'role.update',
  'update role set name = $3, name_key = $4, permissions = $5 where org_id = $1 and id = $2',
);

const remove = statement('role.delete', 'delete from role where org_id = $1 and id = $2');

/** Number of pidgr.v1.UserStatus; members stand in a module above this one. */
const DEACTIVATED = 3;

const holders = statement(
  'role.holders',
  `select (count(*) filter (where status <> ${DEACTIVATED}))::int as present, (count(*) filter (where status = ${DEACTIVATED}))::int as deactivated
     from member where org_id = $1 and role_id = $2`,
);

constraintErrors({
  role_name_key: () => alreadyExists('ROLE_EXISTS', 'A role with this name already exists.'),
  role_slug_key: () => alreadyExists('ROLE_EXISTS', 'A role with this name already exists.'),
});

@Injectable()
export class RoleStore {
  /** All roles of the organization, seeded ones first. */
  async list(scope: Scope): Promise<RoleEntity[]> {
    const tx = await scope.tx();
    return tx.query<RoleEntity>(list, [scope.orgId]);
  }

  async find(scope: Scope, id: string): Promise<RoleEntity | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<RoleEntity>(find, [scope.orgId, id]);
  }

  async findBySlug(scope: Scope, slug: string): Promise<RoleEntity | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<RoleEntity>(findBySlug, [scope.orgId, slug]);
  }

  /** Locks the row until the transaction ends: what is decided about it still holds when it is changed. */
  async findForUpdate(scope: Scope, id: string): Promise<RoleEntity | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<RoleEntity>(findForUpdate, [scope.orgId, id]);
  }

  async insert(scope: Scope, roles: readonly RoleEntity[]): Promise<void> {
    const tx = await scope.tx();
    // Pipelined: one round trip for all of them.
    await Promise.all(roles.map((role) => tx.execute(insert, valuesOf(scope, role))));
  }

  /** False when the organization has a role of this slug or name, also one that another call is making. */
  async insertMissing(scope: Scope, role: RoleEntity): Promise<boolean> {
    const { rowCount } = await (await scope.tx()).execute(insertMissing, valuesOf(scope, role));
    return rowCount === 1;
  }

  async update(scope: Scope, id: string, change: Pick<RoleEntity, 'name' | 'permissions'>): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(update, [scope.orgId, id, change.name, nameKey(change.name), change.permissions]);
  }

  async holders(scope: Scope, id: string): Promise<Holders> {
    const tx = await scope.tx();
    const row = await tx.queryOne<Holders>(holders, [scope.orgId, id]);
    return row ?? { present: 0, deactivated: 0 };
  }

  async delete(scope: Scope, id: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(remove, [scope.orgId, id]);
  }
}

function valuesOf({ orgId }: Scope, role: RoleEntity): unknown[] {
  const { id, slug, name, isDefault, isSystem, permissions, createdAt } = role;
  return [orgId, id, slug, name, nameKey(name), isDefault, isSystem, permissions, createdAt];
}
