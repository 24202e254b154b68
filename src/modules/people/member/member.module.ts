import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { Abilities } from '../../../platform/access/index.js';
import { Arrivals } from '../../../platform/caller/arrivals.js';
import { RoleModule } from '../role/index.js';
import { memberPersonalData } from './personal-data.store.js';
import { SsoMembers } from './sso-members.service.js';
import { BulkInvitationStore } from './bulk-invitation.store.js';
import { BulkInvitations } from './bulk-invitations.service.js';
import { InvitationTokens } from './invitation-tokens.js';
import { Invitations } from './invitations.service.js';
import { ChangeRegionJob } from './member.jobs.js';
import { memberPolicy } from './member.policy.js';
import { MemberPrivacy } from './member-privacy.service.js';
import { MemberRpc } from './member.rpc.js';
import { Members } from './member.service.js';
import { MemberStore } from './member.store.js';
import { OwnAccounts } from './own-account.service.js';
import { OwnAccountStore } from './own-account.store.js';
import { OwnMembershipRpc } from './own-memberships.rpc.js';
import { OwnMemberships } from './own-memberships.service.js';
import { OwnMembershipStore } from './own-memberships.store.js';
import { acceptAtSignIn } from './open-invitation.store.js';
import { PersonErasure } from './person-erasure.service.js';
import { ProvisionedMembers } from './provisioned-members.service.js';
import { RegionChangeStore } from './region-change.store.js';
import { RegionChanges } from './region-changes.service.js';
import { SignInInvitationStore } from './sign-in-invitation.store.js';
import { SignInInvitations } from './sign-in-invitations.service.js';
import { ScheduledDeletions } from './scheduled-deletions.js';

/**
 * A member is a person in one organization, with one role; the same person can be a different member in
 * another.
 * Invariants: a caller cannot give a role with more permissions than the caller's, nor change a member who
 * has one; the last active super admin stays active.
 */
@Module({
  imports: [RoleModule],
  controllers: [MemberRpc, OwnMembershipRpc],
  providers: [
    SsoMembers,
    BulkInvitations,
    BulkInvitationStore,
    ChangeRegionJob,
    Invitations,
    InvitationTokens,
    MemberPrivacy,
    Members,
    MemberStore,
    OwnAccounts,
    OwnAccountStore,
    OwnMemberships,
    OwnMembershipStore,
    PersonErasure,
    ProvisionedMembers,
    RegionChanges,
    RegionChangeStore,
    ScheduledDeletions,
    SignInInvitations,
    SignInInvitationStore,
  ],
  exports: [
    OwnMemberships,
    SsoMembers,
    InvitationTokens,
    MemberPrivacy,
    Members,
    OwnAccounts,
    Invitations,
    ProvisionedMembers,
    ScheduledDeletions,
    SignInInvitations,
  ],
})
export class MemberModule implements OnModuleInit {
  constructor(
    private readonly abilities: Abilities,
    private readonly personalData: PersonalData,
    private readonly arrivals: Arrivals,
  ) {}

  onModuleInit(): void {
    this.abilities.contribute(memberPolicy);
    this.personalData.contribute(memberPersonalData);
    this.arrivals.contribute(async (tx, arrival) => {
      await acceptAtSignIn(tx, arrival, undefined);
    });
  }
}
