import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import { alreadyExists, constraintErrors } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { nameKey } from '../../../platform/text/index.js';
import { RoleEntity } from './role.entity.js';
import type { Holders } from './role.rules.js';

// The one query of this store that clients send again and again; the rest is for the hands of an administrator.
const list = statement(
  'role.list',
  `select org_id as "orgId", id, slug, name, is_default as "isDefault", is_system as "isSystem", permissions,
          created_at as "createdAt"
     from role where org_id = $1 order by is_default desc, created_at, id`,
);

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

  async find(scope: Scope, id: string): Promise<RoleEntity | null> {
    const { entities } = await scope.tx();
    return entities.findOneBy(RoleEntity, { orgId: scope.orgId, id });
  }

  async findBySlug(scope: Scope, slug: string): Promise<RoleEntity | null> {
    const { entities } = await scope.tx();
    return entities.findOneBy(RoleEntity, { orgId: scope.orgId, slug });
  }

  /** Locked until the transaction ends: what is decided about the row still holds when it is changed. */
  async findForUpdate(scope: Scope, id: string): Promise<RoleEntity | null> {
    const { entities } = await scope.tx();
    return entities.findOne(RoleEntity, {
      where: { orgId: scope.orgId, id },
      lock: { mode: 'pessimistic_write' },
    });
  }

  async insert(scope: Scope, roles: RoleEntity[]): Promise<void> {
    const { entities } = await scope.tx();
    await entities.insert(
      RoleEntity,
      roles.map((role) => ({ ...role, nameKey: nameKey(role.name) })),
    );
  }

  async update(scope: Scope, id: string, change: Pick<RoleEntity, 'name' | 'permissions'>): Promise<void> {
    const { entities } = await scope.tx();
    await entities.update(
      RoleEntity,
      { orgId: scope.orgId, id },
      { ...change, nameKey: nameKey(change.name) },
    );
  }

  async holders(scope: Scope, id: string): Promise<Holders> {
    const tx = await scope.tx();
    const row = await tx.queryOne<Holders>(holders, [scope.orgId, id]);
    return row ?? { present: 0, deactivated: 0 };
  }

  async delete(scope: Scope, id: string): Promise<void> {
    const { entities } = await scope.tx();
    await entities.delete(RoleEntity, { orgId: scope.orgId, id });
  }
}
