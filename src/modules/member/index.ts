export { Admissions, type Vouched } from './admissions.service.js';
export { Invitations } from './invitations.service.js';
export { MemberEntity } from './member.entity.js';
export { toColleague, toUser } from './member.mapper.js';
export { MemberModule } from './member.module.js';
export { type MemberProfile, memberStatus } from './member.rules.js';
export { Members } from './member.service.js';
export type { Member } from './member.store.js';
