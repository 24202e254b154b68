import { Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import type { Scope } from '../../../platform/scope/index.js';
import { type Member, Members, SignInInvitations } from '../../people/member/index.js';
import {
  type AnalyticsInvitation,
  asInvitation,
  invitationNotFound,
  MOST_LISTED,
  refuseAccepted,
  refuseInvitation,
} from './analytics-member.rules.js';
import { AnalyticsRoles } from './analytics-roles.service.js';
import { analyticsPermissions, refuseUnlessAdmin, type RoleView } from './role-view.rules.js';

export interface InvitationRequest {
  email: string;
  role: RoleView;
  /** Whether an open invitation is mailed again, to this role. */
  renews: boolean;
}

/** Invitations to the analytics of an organization. */
@Injectable()
export class AnalyticsInvitations {
  constructor(
    private readonly members: Members,
    private readonly invitations: SignInInvitations,
    private readonly roles: AnalyticsRoles,
  ) {}

  /** Open, expired and accepted ones, newest first. */
  async list(scope: Scope): Promise<AnalyticsInvitation[]> {
    requireAdmin(scope);
    return this.listAll(scope);
  }

  /** What has not been accepted; for everybody who may list members. */
  async listOpen(scope: Scope): Promise<AnalyticsInvitation[]> {
    return (await this.listAll(scope)).filter(({ isAccepted }) => !isAccepted);
  }

  private async listAll(scope: Scope): Promise<AnalyticsInvitation[]> {
    const found = await this.invitations.list(scope, analyticsPermissions, MOST_LISTED + 1);
    if (found.length > MOST_LISTED) scope.warn(`Only the newest ${MOST_LISTED} invitations are listed.`);
    return found.slice(0, MOST_LISTED).flatMap((member) => asInvitation(member) ?? []);
  }

  async invite(scope: Scope, { email, role: view, renews }: InvitationRequest): Promise<AnalyticsInvitation> {
    requireAdmin(scope);
    const role = await this.roles.provide(scope, view);
    const member = await this.invitations.countMail(scope, email);
    const refusal = refuseInvitation(member, { renews });
    if (refusal) throw refusal;
    return requireInvitation(
      member
        ? await this.invitations.renew(scope, member, role)
        : await this.invitations.invite(scope, email, role),
    );
  }

  async isOpen(scope: Scope, id: string): Promise<boolean> {
    const [member] = await this.members.listByIds(scope, [idOf(id)]);
    return asInvitation(member)?.isAccepted === false;
  }

  async resend(scope: Scope, given: string): Promise<AnalyticsInvitation> {
    requireAdmin(scope);
    const id = idOf(given);
    const [known] = await this.members.listByIds(scope, [id]);
    const { email } = requireOpen(known);
    // Asked again once other calls have to wait: one of them may have been faster.
    const member = requireOpen(await this.invitations.countMail(scope, email));
    if (member.id !== id) throw invitationNotFound();
    return requireInvitation(await this.invitations.renew(scope, member, member.role));
  }

  async revoke(scope: Scope, given: string): Promise<void> {
    requireAdmin(scope);
    const { id, joinedAt } = requireOpen(await this.invitations.findForUpdate(scope, idOf(given)));
    // A former member stays on record.
    await (joinedAt ? this.members.deactivate(scope, id) : this.members.revokeInvitation(scope, id));
  }
}

function requireAdmin(scope: Scope): void {
  const refusal = refuseUnlessAdmin(scope.permissions);
  if (refusal) throw refusal;
}

function idOf(given: string): string {
  if (isUuid(given)) return given.toLowerCase();
  throw invitationNotFound();
}

function requireOpen(member: Member | undefined): Member {
  const invitation = requireInvitation(member);
  const refusal = refuseAccepted(invitation);
  // Without a member there is no invitation.
  if (refusal || !member) throw refusal ?? invitationNotFound();
  return member;
}

function requireInvitation(member: Member | undefined): AnalyticsInvitation {
  const invitation = asInvitation(member);
  if (!invitation) throw invitationNotFound();
  return invitation;
}
