import { Injectable } from '@nestjs/common';
import type { Permission } from '../../../platform/access/index.js';
import { notFound } from '../../../platform/errors/index.js';
import { type Actor, adoptOrganization, type Scope } from '../../../platform/scope/index.js';
import { type Principal, PrincipalStore } from './principal.store.js';

export type PrincipalKind = 'user' | 'organization' | 'staff';

/** Number of pidgr.v1.OrgType. */
const STAFF = 3;

/** Permissions and identity of a principal, for sibling services. What is not granted here is denied. */
@Injectable()
export class Principals {
  constructor(private readonly store: PrincipalStore) {}

  async permissionsOf(
    scope: Scope,
    { orgId, subject, kind }: { orgId: string; subject: string; kind: PrincipalKind },
  ): Promise<Permission[]> {
    adoptOrganization(scope, orgId);
    const principal = await this.find(scope, subject, kind);
    return principal ? inOrder(principal.permissions) : [];
  }

  async identify(
    scope: Scope,
    { orgId, subject }: { orgId: string; subject: string },
  ): Promise<{ userId: string; permissions: Permission[] }> {
    adoptOrganization(scope, orgId);
    const found = await this.store.byIdentity(scope, subject);
    if (!found) throw notFound('member');
    return { userId: found.userId, permissions: inOrder(found.permissions) };
  }

  /** Whether the member or API key that asked for a job still holds the permission; none does in a closed organization. */
  async mayStill(scope: Scope, { kind, id }: Actor, permission: Permission): Promise<boolean> {
    const principal =
      kind === 'api_key' ? await this.store.byKey(scope, id) : await this.store.byMember(scope, id);
    return principal?.permissions.includes(permission) ?? false;
  }

  /** Whether the organization of the scope answers no call: it is suspended, or its time is over. */
  async isClosed(scope: Scope): Promise<boolean> {
    return (await this.store.isSuspended(scope)) ?? true;
  }

  async isSuspended(scope: Scope, orgId: string): Promise<boolean> {
    adoptOrganization(scope, orgId);
    const suspended = await this.store.isSuspended(scope);
    if (suspended === undefined) throw notFound('organization');
    return suspended;
  }

  private async find(scope: Scope, subject: string, kind: PrincipalKind): Promise<Principal | undefined> {
    if (kind === 'organization') return this.store.byKey(scope, subject);
    const person =
      (await this.store.byIdentity(scope, subject)) ?? (await this.store.byMember(scope, subject));
    return kind === 'staff' && person?.orgType !== STAFF ? undefined : person;
  }
}

function inOrder(permissions: readonly Permission[]): Permission[] {
  return [...new Set(permissions)].sort((a, b) => a - b);
}
