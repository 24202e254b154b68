import { Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import type { Scope } from '../../../platform/scope/index.js';
import { Invitations, type Member, Members } from '../../people/member/index.js';
import {
  type AnalyticsMember,
  asAnalyticsMember,
  inOwnWords,
  memberNotFound,
  MOST_LISTED,
  refuseSelf,
} from './analytics-member.rules.js';
import { AnalyticsInvitations } from './analytics-invitations.service.js';
import { AnalyticsRoles } from './analytics-roles.service.js';
import { analyticsPermissions, refuseUnlessAdmin, type RoleView } from './role-view.rules.js';

/** Members of an organization who may do something of analytics. */
@Injectable()
export class AnalyticsMembers {
  constructor(
    private readonly members: Members,
    private readonly invitations: Invitations,
    private readonly roles: AnalyticsRoles,
    private readonly invited: AnalyticsInvitations,
  ) {}

  /** By the time at which they joined. */
  async list(scope: Scope): Promise<AnalyticsMember[]> {
    const found = await this.members.listHolders(scope, analyticsPermissions, MOST_LISTED + 1);
    if (found.length > MOST_LISTED) scope.warn(`Only the first ${MOST_LISTED} members are listed.`);
    return found.slice(0, MOST_LISTED).flatMap((member) => asAnalyticsMember(member) ?? []);
  }

  async remove(scope: Scope, customerId: string): Promise<void> {
    const refusal =
      refuseUnlessAdmin(scope.permissions) ?? refuseSelf(customerId.toLowerCase(), scope.identityId);
    if (refusal) throw refusal;
    const { id } = await this.getForUpdate(scope, customerId);
    await this.members.deactivate(scope, id).catch((error: unknown) => {
      throw inOwnWords(error, 'CANNOT_REMOVE_LAST_ADMIN');
    });
  }

  /** A member by the person's id, or an open invitation by its own. */
  async removeOrRevoke(scope: Scope, id: string): Promise<void> {
    const refusal = refuseUnlessAdmin(scope.permissions);
    if (refusal) throw refusal;
    await (isUuid(id) && (await this.invited.isOpen(scope, id))
      ? this.invited.revoke(scope, id)
      : this.remove(scope, id));
  }

  /** A role that shows as the one that was asked for stays. */
  async changeRole(scope: Scope, customerId: string, view: RoleView): Promise<AnalyticsMember> {
    const refusal = refuseUnlessAdmin(scope.permissions);
    if (refusal) throw refusal;
    const member = await this.getForUpdate(scope, customerId);
    if (member.seen.role === view) return member.seen;
    const { id: roleId } = await this.roles.provide(scope, view);
    await this.members.changeRole(scope, { id: member.id, roleId }).catch((error: unknown) => {
      throw inOwnWords(error, 'CANNOT_DEMOTE_LAST_ADMIN');
    });
    return { ...member.seen, role: view };
  }

  private async getForUpdate(
    scope: Scope,
    customerId: string,
  ): Promise<Pick<Member, 'id'> & { seen: AnalyticsMember }> {
    const id = customerId.toLowerCase();
    const member = isUuid(id) ? await this.invitations.findMemberForUpdate(scope, id) : undefined;
    const seen = asAnalyticsMember(member);
    if (!member || !seen) throw memberNotFound();
    return { id: member.id, seen };
  }
}
