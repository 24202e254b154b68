import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import { OwnMemberships } from '../../people/member/index.js';
import { Organizations } from '../../people/organization/index.js';
import { inOwnWords } from './analytics-member.rules.js';
import { refuseUnlessAdmin, type RoleView, viewOf } from './role-view.rules.js';

/** An organization as its caller sees it. */
export interface OwnOrganization {
  id: string;
  name: string;
  role: RoleView;
  createdAt: Date;
  /** When its settings were last changed, or it was made. */
  updatedAt: Date;
}

/** The organizations in which a person may do something of analytics. */
@Injectable()
export class OwnOrganizations {
  constructor(
    private readonly organizations: Organizations,
    private readonly memberships: OwnMemberships,
  ) {}

  /** Oldest first. */
  async list(scope: Scope): Promise<OwnOrganization[]> {
    const own = await this.organizations.listOwnWithPermissions(scope);
    return own.flatMap(({ permissions, updatedAt, ...organization }) => {
      const role = viewOf(permissions);
      return role ? [{ ...organization, role, updatedAt: updatedAt ?? organization.createdAt }] : [];
    });
  }

  async get(scope: Scope): Promise<OwnOrganization> {
    const role = viewOf(scope.permissions);
    if (!role) throw new Error('The access table admits holders of analytics permissions only.');
    const { id, name, createdAt, updatedAt } = await this.organizations.get(scope);
    return { id, name, role, createdAt, updatedAt: updatedAt ?? createdAt };
  }

  /** An undefined name stays as it is. */
  async rename(scope: Scope, name: string | undefined): Promise<OwnOrganization> {
    const refusal = refuseUnlessAdmin(scope.permissions);
    if (refusal) throw refusal;
    if (name !== undefined) await this.organizations.update(scope, { name });
    return this.get(scope);
  }

  async leave(scope: Scope): Promise<void> {
    try {
      await this.memberships.leave(scope, scope.orgId);
    } catch (error) {
      throw inOwnWords(error, 'CANNOT_REMOVE_LAST_ADMIN');
    }
  }
}
