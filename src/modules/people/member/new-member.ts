import type { Scope } from '../../../platform/scope/index.js';
import type { RoleEntity } from '../role/index.js';
import type { MemberEntity } from './member.entity.js';
import { memberStatus } from './member.rules.js';
import type { Identity } from './member.store.js';

/** The data of a new member. */
export type NewMember = Pick<
  MemberEntity,
  'id' | 'name' | 'status' | 'profile' | 'managerId' | 'dataGovernanceRegion'
> & {
  identity: Identity;
  role: RoleEntity;
  /** When an invitation was mailed whose link signs in; absent for other members. */
  invitationSentAt?: Date | null;
};

/** The row of a new member. */
export function newMember(
  scope: Scope,
  { identity, role, ...given }: NewMember,
  now: Date = scope.now(),
): MemberEntity {
  return {
    ...given,
    orgId: scope.orgId,
    identityId: identity.id,
    email: identity.email,
    roleId: role.id,
    themePreference: 0,
    preferredLocale: '',
    processingRestricted: false,
    restrictedAt: null,
    createdAt: now,
    updatedAt: now,
    joinedAt: given.status === memberStatus.active ? now : null,
    invitationSentAt: given.invitationSentAt ?? null,
  };
}
