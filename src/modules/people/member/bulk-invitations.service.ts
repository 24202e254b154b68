import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { Mailer } from '../../../platform/mail/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { grantsMore, refuseGrant, type RoleEntity, Roles } from '../role/index.js';
import { BulkInvitationStore } from './bulk-invitation.store.js';
import { InvitationTokens } from './invitation-tokens.js';
import { invitationLink, invitationMail } from './invitation.mail.js';
import { type Address, distinctAddresses, emptyProfile, memberStatus } from './member.rules.js';
import { type Member, MemberStore } from './member.store.js';
import { newMember } from './new-member.js';

/** The result for one address: a member, or an error. */
export interface BulkInvitation {
  /** As it was first written. */
  email: string;
  member?: Member;
  error: string;
}

/** Invites many people at once: with a few statements for all of them, and a handful for each that are pipelined. */
@Injectable()
export class BulkInvitations {
  constructor(
    private readonly store: BulkInvitationStore,
    private readonly members: MemberStore,
    private readonly roles: Roles,
    private readonly tokens: InvitationTokens,
    private readonly mailer: Mailer,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The role is decided about once, for all; after that each address fails or succeeds alone. */
  async invite(
    scope: Scope,
    { emails, roleId }: { emails: readonly string[]; roleId: string },
  ): Promise<BulkInvitation[]> {
    const role = await this.roles.get(scope, roleId.toLowerCase());
    const refusal = refuseGrant(role.permissions, scope.permissions);
    if (refusal) throw refusal;
    if (grantsMore(role)) scope.requireRecentProof();
    const addresses = distinctAddresses(emails);
    const admitted = await this.admit(scope, role, addresses);
    await this.announce(scope, role, [...admitted.values()]);
    return addresses.map((address) => outcomeOf(address, admitted.get(address.email ?? '')));
  }

  /** The new members by address. */
  private async admit(
    scope: Scope,
    role: RoleEntity,
    addresses: readonly Address[],
  ): Promise<Map<string, Member>> {
    const invitees = addresses
      .flatMap(({ email }) => email ?? [])
      .map((email) => ({ email, memberId: uuid(), identityId: uuid() }));
    const at = scope.now();
    const people = await this.store.insert(scope, { roleId: role.id, at }, invitees);
    const admitted = new Map<string, Member>();
    for (const { email, memberId: id } of invitees) {
      const identity = people.get(email);
      if (!identity) continue;
      const given = { id, name: '', dataGovernanceRegion: '', status: memberStatus.invited };
      const row = newMember(scope, { ...given, ...emptyProfile, identity, role }, at);
      admitted.set(email, { ...row, role });
    }
    return admitted;
  }

  private linkFor(memberId: string): string {
    return invitationLink(this.config.http.appUrl, this.tokens.of(memberId));
  }

  private async announce(scope: Scope, role: RoleEntity, members: readonly Member[]): Promise<void> {
    if (members.length === 0) return;
    const organization = await this.members.organizationName(scope);
    const mails = members.map(({ id, email }) =>
      invitationMail({ email, organization, link: this.linkFor(id) }),
    );
    await Promise.all([
      this.mailer.sendAll(scope, mails),
      ...members.map(({ id: entityId }) =>
        scope.audit('USER_INVITED', { entityType: 'user', entityId, metadata: { role: role.slug } }),
      ),
    ]);
  }
}

function outcomeOf({ given, email: known }: Address, member: Member | undefined): BulkInvitation {
  if (member) return { email: given, member, error: '' };
  const error = known
    ? 'Someone with this email is already in the organization.'
    : 'This is not an e-mail address of at most 254 characters.';
  return { email: given, error };
}
