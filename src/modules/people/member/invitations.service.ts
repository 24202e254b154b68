import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { Mailer } from '../../../platform/mail/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type DailyLimit, DailyLimits } from '../../../platform/throttle/daily-limits.js';
import { grantsMore, refuseGrant, type RoleEntity, Roles } from '../role/index.js';
import { InvitationTokens } from './invitation-tokens.js';
import { invitationLink, invitationMail } from './invitation.mail.js';
import { emptyProfile, memberStatus, type ProfileRequest, refuseProfile } from './member.rules.js';
import { type Member, MemberStore } from './member.store.js';
import { namedProfile } from './name.rules.js';
import { newMember, type NewMember } from './new-member.js';

export interface InvitationRequest extends ProfileRequest {
  email: string;
  name: string;
  /** Empty for the role that invitations fall back to. */
  roleId: string;
  dataGovernanceRegion: string;
}

/** By an organization, and by a person in whatever organizations: who is invited and withdrawn gets a mail each time. */
const [invitationsOfOne, invitationsByOne]: [DailyLimit, DailyLimit] = [
  {
    kind: 'invitation_by_organization',
    most: 5,
    sentence: 'An organization may invite the same address 5 times a day.',
    subject: 'email address',
  },
  {
    kind: 'invitation_by_person',
    most: 5,
    sentence: 'A person may invite the same address 5 times a day.',
    subject: 'email address',
  },
];

/** How people get into an organization. */
@Injectable()
export class Invitations {
  constructor(
    private readonly store: MemberStore,
    private readonly roles: Roles,
    private readonly tokens: InvitationTokens,
    private readonly mailer: Mailer,
    private readonly limits: DailyLimits,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Refused by the database when the address is a member's already. */
  async invite(scope: Scope, request: InvitationRequest): Promise<Member> {
    const role = await this.roles.get(scope, request.roleId.toLowerCase());
    const id = uuid();
    const refusal = refuseGrant(role.permissions, scope.permissions) ?? refuseProfile(request, id);
    if (refusal) throw refusal;
    if (grantsMore(role)) scope.requireRecentProof();
    const identity = await this.store.identify(scope, request.email);
    await this.limits.take(scope, invitationsOfOne, `${scope.orgId}/${identity.email}`);
    if (scope.caller.kind === 'member') {
      await this.limits.take(scope, invitationsByOne, `${scope.identityId}/${identity.email}`);
    }
    const { name, profile, managerId, dataGovernanceRegion } = request;
    const given = { name, profile: namedProfile(profile, name), managerId, dataGovernanceRegion };
    const member = await this.admit(scope, { ...given, id, identity, role, status: memberStatus.invited });
    const organization = await this.store.organizationName(scope);
    const link = invitationLink(this.config.http.appUrl, this.tokens.of(id));
    await this.mailer.send(scope, invitationMail({ email: identity.email, organization, link }));
    await scope.audit('USER_INVITED', {
      entityType: 'user',
      entityId: id,
      metadata: { role: role.slug },
    });
    return member;
  }

  /** The first member of an organization needs no invitation. */
  async addFirstMember(
    scope: Scope,
    { id, identityId, role }: { id: string; identityId: string; role: RoleEntity },
  ): Promise<Member> {
    const identity = await this.store.findIdentity(scope, identityId);
    if (!identity) throw new Error('A person without an identity.');
    return this.admit(scope, {
      ...emptyProfile,
      id,
      identity,
      role,
      status: memberStatus.active,
      name: '',
      dataGovernanceRegion: '',
    });
  }

  /**
   * The membership of the person, locked until the scope ends, so that a concurrent deactivation is not
   * missed.
   */
  async findMemberForUpdate(scope: Scope, identityId: string): Promise<Member | undefined> {
    const member = await this.store.findByIdentity(scope, identityId);
    if (!member) return undefined;
    await this.store.lockWithSuperAdmins(scope, member.id);
    return this.store.find(scope, member.id);
  }

  /** Lets the person who calls in by a link: as it says, or as an invitation that waits for them says. */
  async join(
    scope: Scope,
    given: { member?: Member; roleId: string; dataGovernanceRegion: string; inviteLinkId: string },
  ): Promise<void> {
    const member = given.member ?? (await this.admitByLink(scope, given));
    if (given.member) {
      const joinedAt = member.joinedAt ?? scope.now();
      await this.store.update(scope, member.id, { status: memberStatus.active, joinedAt });
    }
    await scope.announceRevocation(`member:${scope.orgId}:${scope.identityId}`);
    await scope.audit('USER_INVITED', {
      entityType: 'user',
      entityId: member.id,
      metadata: { role: member.role.slug, invite_link_id: given.inviteLinkId },
    });
  }

  /** The id of the person with this address, known here or not. */
  async identify(scope: Scope, email: string): Promise<string> {
    return (await this.store.identify(scope, email)).id;
  }

  private async admitByLink(
    scope: Scope,
    { roleId, dataGovernanceRegion }: { roleId: string; dataGovernanceRegion: string },
  ): Promise<Member> {
    const role = await this.roles.get(scope, roleId);
    const identity = await this.store.findIdentity(scope, scope.identityId);
    if (!identity) throw new Error('A person without an identity.');
    const status = memberStatus.active;
    return this.admit(scope, {
      ...emptyProfile,
      id: uuid(),
      identity,
      role,
      status,
      name: '',
      dataGovernanceRegion,
    });
  }

  private async admit(scope: Scope, newcomer: NewMember): Promise<Member> {
    const row = newMember(scope, newcomer);
    await this.store.insert(scope, row);
    return { ...row, role: newcomer.role };
  }
}
