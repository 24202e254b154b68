import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { AppError } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type RoleEntity, superAdmin } from '../role/index.js';
import { type MemberProfile, memberStatus, refuseLastSuperAdmin } from './member.rules.js';
import { type Member, MemberStore } from './member.store.js';
import { newMember } from './new-member.js';
import { PersonErasure } from './person-erasure.service.js';
import { hasProfile, mergedProfile } from './profile.rules.js';

/** What an identity provider or a directory says about a person. */
export interface AssertedProfile {
  email: string;
  /** Empty: not said. */
  name: string;
  /** Only the given fields. */
  profile: Partial<MemberProfile>;
  /** Undefined: not said. */
  role?: RoleEntity;
}

/** The result of an update from a provider. */
export interface ProviderUpdate {
  member: Member;
  /** The role was not given: it would have been taken from the last super admin. */
  keptRole: boolean;
}

/** How a provider that the organization trusts lets its people in, and keeps them as it knows them. */
@Injectable()
export class SsoMembers {
  constructor(
    private readonly store: MemberStore,
    private readonly persons: PersonErasure,
  ) {}

  findByEmail(scope: Scope, email: string): Promise<Member | undefined> {
    return this.store.findByEmail(scope, email);
  }

  find(scope: Scope, id: string): Promise<Member | undefined> {
    return this.store.find(scope, id);
  }

  /** Takes a person in, as an active member. */
  async createMember(
    scope: Scope,
    { email, name, profile, role }: AssertedProfile & { role: RoleEntity },
  ): Promise<Member> {
    const identity = await this.store.identify(scope, email);
    const row = newMember(scope, {
      id: uuid(),
      identity,
      role,
      name,
      profile,
      managerId: null,
      status: memberStatus.active,
      dataGovernanceRegion: '',
    });
    await this.store.insert(scope, row);
    await scope.announceRevocation(`member:${row.orgId}:${row.identityId}`);
    await scope.audit('USER_INVITED', {
      entityType: 'user',
      entityId: row.id,
      metadata: { role: role.slug, by: 'sso' },
    });
    return { ...row, role };
  }

  /**
   * Accepts an open invitation and applies the asserted fields, the address included. Leaves deactivated
   * members unchanged. Throws ABORTED when the address was changed concurrently.
   */
  async updateFromProvider(scope: Scope, known: Member, asserted: AssertedProfile): Promise<ProviderUpdate> {
    // Most logins assert nothing new; they skip the lock.
    if (matches(known, asserted)) return { member: known, keptRole: false };
    const { name, profile, role, email } = asserted;
    const { id } = known;
    const activeSuperAdmins = await this.store.lockWithSuperAdmins(scope, id);
    const member = await this.store.find(scope, id);
    if (!member) throw new Error('The member to update does not exist.');
    if (member.email !== known.email) throw memberChanged();
    if (member.status === memberStatus.deactivated) return { member, keptRole: true };
    const demoted = role !== undefined && role.slug !== superAdmin && role.id !== member.role.id;
    const keptRole = demoted && refuseLastSuperAdmin(id, activeSuperAdmins) !== undefined;
    const given = role && !keptRole && role.id !== member.role.id ? role : undefined;
    const accepted = member.status === memberStatus.invited;
    const identity = email === member.email ? undefined : await this.store.identify(scope, email);
    const changed = {
      ...(identity && { email: identity.email, identityId: identity.id }),
      ...(name !== '' && name !== member.name && { name }),
      ...(!hasProfile(member.profile, profile) && { profile: mergedProfile(member.profile, profile) }),
      ...(given && { roleId: given.id }),
      ...(accepted && { status: memberStatus.active, joinedAt: member.joinedAt ?? scope.now() }),
    };
    if (Object.keys(changed).length === 0) return { member, keptRole };
    await this.store.update(scope, id, changed);
    if (given) {
      await scope.audit('ROLE_CHANGED', {
        entityType: 'user',
        entityId: id,
        metadata: { from: member.role.slug, to: given.slug, by: 'sso' },
      });
    }
    await scope.announceRevocation(`member:${member.orgId}:${member.identityId}`);
    if (identity) await this.recordAddressChange(scope, member, identity.id);
    return { member: { ...member, ...changed, role: given ?? member.role }, keptRole };
  }

  /** The person signs in by another address from now on. */
  private async recordAddressChange(scope: Scope, member: Member, identityId: string): Promise<void> {
    await scope.announceRevocation(`member:${member.orgId}:${identityId}`);
    // The erasure of this person would not find their former identity.
    await this.persons.erase(scope, member.identityId);
    await scope.audit('PROFILE_UPDATED', {
      entityType: 'user',
      entityId: member.id,
      metadata: { change: 'address', by: 'sso' },
    });
  }
}

function memberChanged(): AppError {
  return new AppError('aborted', 'MEMBER_CHANGED', 'The member was changed at the same moment; try again.');
}

function matches(member: Member, { email, name, profile, role }: AssertedProfile): boolean {
  return (
    member.status === memberStatus.active &&
    email === member.email &&
    (name === '' || name === member.name) &&
    hasProfile(member.profile, profile) &&
    (role === undefined || role.id === member.role.id)
  );
}
