export type { CountedRoster, NamedRoster } from './roster.js';
export { type MemberReference, NamedMemberStore } from './named-members.store.js';
export { group, team } from './roster.kind.js';
export { RosterMembers, type UserRosters } from './roster-members.service.js';
export { membersOfRoster, rostersOfMember } from './roster-member.store.js';
export { RosterModule } from './roster.module.js';
export { Rosters } from './roster.service.js';
