import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import type { Permission } from '../../../platform/access/index.js';
import { notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { RoleEntity } from './role.entity.js';
import {
  invitationDefault,
  normalized,
  refuseChange,
  refuseDelete,
  refuseGrant,
  refuseHeld,
  seededRoles,
  slugOf,
} from './role.rules.js';
import { RoleStore } from './role.store.js';

@Injectable()
export class Roles {
  constructor(private readonly store: RoleStore) {}

  list(scope: Scope): Promise<RoleEntity[]> {
    return this.store.list(scope);
  }

  /** The role with this id, or the one that invitations fall back to when the id is empty. */
  async get(scope: Scope, id: string): Promise<RoleEntity> {
    const role = await (id === ''
      ? this.store.findBySlug(scope, invitationDefault)
      : this.store.find(scope, id));
    if (!role) throw notFound('role');
    return role;
  }

  async create(
    scope: Scope,
    input: { name: string; permissions: readonly Permission[] },
  ): Promise<RoleEntity> {
    const permissions = normalized(input.permissions);
    const refusal = refuseGrant(permissions, scope.permissions);
    if (refusal) throw refusal;
    const id = uuid();
    const role: RoleEntity = {
      orgId: scope.orgId,
      id,
      slug: slugOf(input.name, id),
      name: input.name,
      isDefault: false,
      isSystem: false,
      permissions,
      createdAt: scope.now(),
    };
    await this.store.insert(scope, [role]);
    await scope.audit('ROLE_CREATED', { entityType: 'role', entityId: id, metadata: { slug: role.slug } });
    return role;
  }

  /**
   * The role with this slug, whatever it is called and holds by now. Made where it is missing: what no organization starts
   * with comes when it is first used, and a role that was deleted comes back.
   */
  async provide(scope: Scope, given: { slug: string; name: string; permissions: readonly Permission[] }) {
    const known = await this.store.findBySlug(scope, given.slug);
    if (known) return known;
    const permissions = normalized(given.permissions);
    const refusal = refuseGrant(permissions, scope.permissions);
    if (refusal) throw refusal;
    const rest = {
      orgId: scope.orgId,
      isDefault: false,
      isSystem: false,
      permissions,
      createdAt: scope.now(),
    };
    // A role of another slug may have the name.
    for (const name of [given.name, `${given.name} (${given.slug})`]) {
      const role: RoleEntity = { ...rest, id: uuid(), slug: given.slug, name };
      if (await this.store.insertMissing(scope, role)) {
        const { id: entityId, slug } = role;
        await scope.audit('ROLE_CREATED', { entityType: 'role', entityId, metadata: { slug } });
        return role;
      }
      const madeByOther = await this.store.findBySlug(scope, given.slug);
      if (madeByOther) return madeByOther;
    }
    throw notFound('role');
  }

  /** An empty name or an empty permission list stays as it is; a list given replaces the whole. */
  async update(
    scope: Scope,
    input: { id: string; name: string; permissions: readonly Permission[] },
  ): Promise<RoleEntity> {
    const role = await this.store.findForUpdate(scope, input.id);
    if (!role) throw notFound('role');
    const change = {
      name: input.name || role.name,
      permissions: input.permissions.length > 0 ? normalized(input.permissions) : role.permissions,
    };
    const refusal =
      refuseChange(role, scope.permissions) ?? refuseGrant(change.permissions, scope.permissions);
    if (refusal) throw refusal;
    await this.store.update(scope, role.id, change);
    await scope.announceRevocation(`organization:${scope.orgId}`);
    await scope.audit('ROLE_UPDATED', {
      entityType: 'role',
      entityId: role.id,
      metadata: { slug: role.slug },
    });
    return { ...role, ...change };
  }

  /** A concurrent assignment of the role is caught by the foreign key. */
  async delete(scope: Scope, id: string): Promise<void> {
    const role = await this.store.findForUpdate(scope, id);
    if (!role) throw notFound('role');
    const refusal = refuseDelete(role, scope.permissions) ?? refuseHeld(await this.store.holders(scope, id));
    if (refusal) throw refusal;
    await this.store.delete(scope, id);
    await scope.audit('ROLE_DELETED', { entityType: 'role', entityId: id, metadata: { slug: role.slug } });
  }

  /** The roles of a new organization, by slug. */
  async seed(scope: Scope): Promise<Map<string, RoleEntity>> {
    const roles = seededRoles.map(({ permissions, ...role }): RoleEntity => ({
      ...role,
      orgId: scope.orgId,
      id: uuid(),
      isDefault: true,
      permissions: normalized(permissions),
      createdAt: scope.now(),
    }));
    await this.store.insert(scope, roles);
    return new Map(roles.map((role) => [role.slug, role]));
  }
}
