import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { Mailer } from '../../../platform/mail/index.js';
import { failedPrecondition } from '../../../platform/errors/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { requireEmailAddress } from '../../../platform/text/index.js';
import { type DailyLimit, DailyLimits } from '../../../platform/throttle/daily-limits.js';
import { grantsMore, refuseGrant, type RoleEntity } from '../role/index.js';
import { InvitationTokens } from './invitation-tokens.js';
import { dashboardInvitationLink, dashboardInvitationMail, invitationLink } from './invitation.mail.js';
import { emptyProfile, memberStatus, refuseReturn } from './member.rules.js';
import { refuseUnchangeable } from './member.service.js';
import { type Member, MemberStore } from './member.store.js';
import { newMember } from './new-member.js';
import { invitationExpiry } from './open-invitation.rules.js';
import { ScheduledDeletions } from './scheduled-deletions.js';
import { SignInInvitationStore } from './sign-in-invitation.store.js';

/** An invited person whose link signs in. */
export interface Invitee {
  identityId: string;
  email: string;
  orgId: string;
  /** The member whom the person is there, or will be. */
  userId: string;
}

/** Mails of invitations to one address, the first included: of an organization, and by a person in all organizations. */
const [mailsOfOrganization, mailsByPerson]: [DailyLimit, DailyLimit] = [
  {
    kind: 'sign_in_invitation_by_organization',
    most: 10,
    sentence: 'An organization may mail 10 invitations to the same address a day.',
    subject: 'email address',
  },
  {
    kind: 'sign_in_invitation_by_person',
    most: 10,
    sentence: 'A person may mail 10 invitations to the same address a day.',
    subject: 'email address',
  },
];

/** Invitations whose mailed link signs the person in. They expire, and only the last link works, once. */
@Injectable()
export class SignInInvitations {
  constructor(
    private readonly store: SignInInvitationStore,
    private readonly members: MemberStore,
    private readonly tokens: InvitationTokens,
    private readonly deletions: ScheduledDeletions,
    private readonly limits: DailyLimits,
    private readonly mailer: Mailer,
    private readonly scopes: Scopes,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Whom the token of a mailed link signs in; undefined when it does not, or no longer. The sign-in has to accept the
   * invitation in its transaction (`acceptAtSignIn` with `userId`), and to fail if another call was faster.
   */
  async findForSignIn(scope: Scope, token: string): Promise<Invitee | undefined> {
    const member = this.tokens.readForSignIn(token, scope.now());
    if (!member) return undefined;
    const { orgId, userId } = member;
    const caller = { kind: 'system', orgId } as const;
    const identity = await this.scopes.run({ ...originOf(scope), caller, readOnly: true }, (inner) =>
      this.store.findIssued(inner, member),
    );
    return identity && { identityId: identity.id, email: identity.email, orgId, userId };
  }

  /** Invited to a role with one of the permissions, or come by such an invitation; newest first. */
  list(scope: Scope, permissions: readonly number[], most: number): Promise<Member[]> {
    return this.members.listInvitations(scope, permissions, most);
  }

  /** Locks the member until the transaction ends. */
  async findForUpdate(scope: Scope, id: string): Promise<Member | undefined> {
    await this.members.lockWithSuperAdmins(scope, id);
    return this.members.find(scope, id);
  }

  /**
   * Counts a mail to the address, or refuses. Other calls that mail to it wait until the transaction ends. Returns the
   * member who has the address, locked.
   */
  async countMail(scope: Scope, address: string): Promise<Member | undefined> {
    const email = requireEmailAddress(address);
    await this.take(scope, mailsOfOrganization, `${scope.orgId}/${email}`);
    await this.take(scope, mailsByPerson, `${scope.identityId}/${email}`);
    const member = await this.members.findByEmail(scope, email);
    return member && this.findForUpdate(scope, member.id);
  }

  /** Invites a person who is no member. */
  async invite(scope: Scope, address: string, role: RoleEntity): Promise<Member> {
    const refusal = refuseGrant(role.permissions, scope.permissions);
    if (refusal) throw refusal;
    if (grantsMore(role)) scope.requireRecentProof();
    const invitationSentAt = scope.now();
    const identity = await this.members.identify(scope, address);
    const [id, status] = [uuid(), memberStatus.invited];
    const given = { ...emptyProfile, id, status, name: '', dataGovernanceRegion: '', invitationSentAt };
    const row = newMember(scope, { ...given, identity, role }, invitationSentAt);
    await this.members.insert(scope, row);
    const member = { ...row, role };
    await this.mail(scope, member, invitationSentAt);
    await scope.audit('USER_INVITED', { entityType: 'user', entityId: id, metadata: { role: role.slug } });
    return member;
  }

  /** Mails an open invitation again, or invites a deactivated member back, to this role. The member is locked. */
  async renew(scope: Scope, member: Member, role: RoleEntity): Promise<Member> {
    refuseUnchangeable(scope, member);
    const returns = member.status === memberStatus.deactivated;
    const refusal =
      (returns ? refuseReturn(member, await this.deletions.isPending(scope, member.id)) : undefined) ??
      refuseGrant(role.permissions, scope.permissions);
    if (refusal) throw refusal;
    const isOtherRole = role.id !== member.role.id;
    if ((returns || isOtherRole) && grantsMore(role)) scope.requireRecentProof();
    const invitationSentAt = scope.now();
    const change = { status: memberStatus.invited, roleId: role.id, invitationSentAt };
    await this.members.update(scope, member.id, change);
    await scope.announceRevocation(`member:${member.orgId}:${member.identityId}`);
    const renewed = { ...member, ...change, role };
    await this.mail(scope, renewed, invitationSentAt);
    await scope.audit(returns ? 'USER_REACTIVATED' : 'USER_INVITED', {
      entityType: 'user',
      entityId: member.id,
      metadata: { role: role.slug, mailed: 'again' },
    });
    if (isOtherRole) await this.recordRole(scope, member, role);
    return renewed;
  }

  private recordRole(scope: Scope, { id: entityId, role: { slug: from } }: Member, { slug: to }: RoleEntity) {
    return scope.audit('ROLE_CHANGED', { entityType: 'user', entityId, metadata: { from, to } });
  }

  private async take(scope: Scope, limit: DailyLimit, subject: string): Promise<void> {
    const taken = await this.limits.takeEach(scope, limit, [subject]);
    if (taken.has(subject)) return;
    throw failedPrecondition(
      'INVITATION_SEND_LIMIT',
      'An organization, and a person, may mail 10 invitations to the same address a day.',
    );
  }

  private async mail(scope: Scope, member: Member, sentAt: Date): Promise<void> {
    const { orgId, id: userId, email } = member;
    const [organization, inviter] = await Promise.all([
      this.store.organization(scope),
      this.members.find(scope, scope.userId),
    ]);
    // There no mailed link signs in: the page leads to the organization's provider.
    const link = organization?.ssoEnforced
      ? invitationLink(this.config.http.appUrl, this.tokens.of(userId))
      : dashboardInvitationLink(this.config.dashboard.url, this.tokens.forSignIn({ orgId, userId }, sentAt));
    await this.mailer.send(
      scope,
      dashboardInvitationMail({
        email,
        link,
        organization: organization?.name ?? '',
        inviter: inviter?.name ?? '',
        expiresAt: invitationExpiry(sentAt),
      }),
    );
  }
}
