import { Injectable } from '@nestjs/common';
import { notFound } from '../../../platform/errors/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { memberStatus, refuseLastSuperAdmin } from './member.rules.js';
import { type Member, MemberStore } from './member.store.js';
import { type OpenInvitation, refuseAcceptance } from './open-invitation.rules.js';
import { acceptInvitation, openInvitations } from './open-invitation.store.js';
import { OwnMembershipStore } from './own-memberships.store.js';

/** What people decide about the organizations that have invited them, or that they are in. */
@Injectable()
export class OwnMemberships {
  constructor(
    private readonly store: OwnMembershipStore,
    private readonly members: MemberStore,
    private readonly scopes: Scopes,
  ) {}

  /** Newest first. */
  async invitations(scope: Scope): Promise<OpenInvitation[]> {
    const { identityId } = scope;
    const open = await openInvitations(await scope.tx(), { identityId, now: scope.now() });
    return open.sort((a, b) => b.invitedAt.getTime() - a.invitedAt.getTime());
  }

  /** Succeeds for an active member, so that a client may retry a call whose response was lost. */
  async accept(scope: Scope, orgId: string): Promise<void> {
    const invitation = (await this.invitations(scope)).find((open) => open.orgId === orgId);
    if (invitation) {
      const refusal = refuseAcceptance(invitation);
      if (refusal) throw refusal;
      const { identityId, requestId } = scope;
      const arrival = { identityId, requestId, now: scope.now() };
      if (await acceptInvitation(await scope.tx(), arrival, invitation, 'by_hand')) return;
    }
    if (!(await this.store.isIn(scope, orgId))) throw notFound('invitation');
  }

  /** Deletes an invited member, leaving the audit event only; a member who had joined stays on record. */
  async decline(scope: Scope, orgId: string): Promise<void> {
    const { member } = await this.enter(scope, orgId);
    if (member?.status !== memberStatus.invited) throw notFound('invitation');
    if (member.joinedAt) return this.end(scope, member, 'declined');
    await this.members.delete(scope, member);
    await announce(scope, member);
    await scope.audit('INVITE_REVOKED', {
      entityType: 'user',
      entityId: member.id,
      metadata: { by: 'declined' },
    });
  }

  async leave(scope: Scope, orgId: string): Promise<void> {
    const { member, activeSuperAdmins } = await this.enter(scope, orgId);
    if (member?.status !== memberStatus.active) throw notFound('organization');
    const refusal = refuseLastSuperAdmin(member.id, activeSuperAdmins);
    if (refusal) throw refusal;
    await this.end(scope, member, 'left');
  }

  /** Switches the scope to the organization, and locks the caller's member row until the scope ends. */
  private async enter(
    scope: Scope,
    orgId: string,
  ): Promise<{ member: Member | undefined; activeSuperAdmins: string[] }> {
    // In a separate transaction: the scope's own belongs to the organization.
    const userId = await this.scopes.run({ ...originOf(scope), readOnly: true }, (inner) =>
      this.store.find(inner, orgId),
    );
    if (!userId) return { member: undefined, activeSuperAdmins: [] };
    scope.adopt(orgId, userId);
    const activeSuperAdmins = await this.members.lockWithSuperAdmins(scope, userId);
    return { member: await this.members.find(scope, userId), activeSuperAdmins };
  }

  private async end(scope: Scope, member: Member, by: 'left' | 'declined'): Promise<void> {
    await this.members.update(scope, member.id, { status: memberStatus.deactivated });
    await announce(scope, member);
    await scope.audit('USER_DEACTIVATED', { entityType: 'user', entityId: member.id, metadata: { by } });
  }
}

async function announce(scope: Scope, { orgId, identityId }: Member): Promise<void> {
  await scope.announceRevocation(`member:${orgId}:${identityId}`);
}
