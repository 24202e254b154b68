import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { Abilities } from '../../../platform/access/index.js';
import { MemberModule } from '../member/index.js';
import { OrganizationSeeding, OrganizationModule } from '../organization/index.js';
import { NamedMemberStore } from './named-members.store.js';
import { rosterPersonalData } from './personal-data.store.js';
import { RosterMembers } from './roster-members.service.js';
import { RosterMemberStore } from './roster-member.store.js';
import { rosterKinds } from './roster.kind.js';
import { rosterPolicy } from './roster.policy.js';
import { Rosters } from './roster.service.js';
import { RosterStore } from './roster.store.js';

/**
 * A roster is a team or a group: a named set of members of one organization. The two differ in permissions,
 * audit events and words (`roster.kind.ts`), and in their use by other modules.
 * Invariants: names are unique within each kind; every organization has one default roster of each kind,
 * which contains all invited and active members by definition; a roster contains members of its own
 * organization only.
 */
@Module({
  imports: [MemberModule, OrganizationModule],
  providers: [NamedMemberStore, RosterMembers, RosterMemberStore, Rosters, RosterStore],
  exports: [NamedMemberStore, RosterMembers, Rosters],
})
export class RosterModule implements OnModuleInit {
  constructor(
    private readonly abilities: Abilities,
    private readonly seeding: OrganizationSeeding,
    private readonly rosters: Rosters,
    private readonly personalData: PersonalData,
  ) {}

  onModuleInit(): void {
    for (const kind of rosterKinds) this.abilities.contribute(rosterPolicy(kind));
    this.seeding.contribute((scope) => this.rosters.seed(scope));
    this.personalData.contribute(rosterPersonalData);
  }
}
