import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { permissionDenied } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type RoleEntity, superAdmin } from '../role/index.js';
import type { MemberEntity } from './member.entity.js';
import { type MemberProfile, memberStatus, refuseLastSuperAdmin, refuseReturn } from './member.rules.js';
import { type Member, MemberStore } from './member.store.js';
import { newMember } from './new-member.js';
import { PersonErasure } from './person-erasure.service.js';
import { ScheduledDeletions } from './scheduled-deletions.js';

/** What a directory says about a person. */
export interface DirectoryEntry {
  email: string;
  /** Empty: not said. */
  name: string;
  /** Only the given fields. */
  profile: Partial<MemberProfile>;
  /** Fields that the directory set before and no longer sends. */
  withdrawn: readonly (keyof MemberProfile)[];
  /** Undefined: not said. */
  managerId: string | null | undefined;
  /** Undefined: not said. */
  active: boolean | undefined;
}

/** The effect of a directory entry on a member. */
export type DirectoryChange = 'none' | 'updated' | 'deactivated' | 'reactivated';

/** Members whom a directory keeps: in as long as it says so, without an invitation in between. */
@Injectable()
export class ProvisionedMembers {
  constructor(
    private readonly store: MemberStore,
    private readonly deletions: ScheduledDeletions,
    private readonly persons: PersonErasure,
  ) {}

  /** The member with this address, locked until the scope ends. */
  async findByEmailForUpdate(scope: Scope, email: string): Promise<Member | undefined> {
    const member = await this.store.findByEmail(scope, email);
    return member && this.findForUpdate(scope, member.id);
  }

  async findForUpdate(scope: Scope, id: string): Promise<Member | undefined> {
    await this.store.lockWithSuperAdmins(scope, id);
    return this.store.find(scope, id);
  }

  find(scope: Scope, ids: readonly string[]): Promise<Member[]> {
    return this.store.findAll(scope, ids);
  }

  /** Takes a person in, as an active member or as one who waits to become it. */
  async createMember(scope: Scope, entry: DirectoryEntry, role: RoleEntity): Promise<Member> {
    refuseBeyondOwnPermissions(scope, role);
    const { name, profile, managerId = null, active } = entry;
    const row = newMember(scope, {
      id: uuid(),
      identity: await this.store.identify(scope, entry.email),
      role,
      name,
      profile,
      managerId,
      status: active ? memberStatus.active : memberStatus.deactivated,
      dataGovernanceRegion: '',
    });
    await this.store.insert(scope, row);
    await announce(scope, row);
    return { ...row, role };
  }

  /**
   * Applies the entry. Refuses to deactivate the last active super admin, and to reactivate a member whose
   * deletion is pending.
   */
  async updateFromDirectory(scope: Scope, id: string, entry: DirectoryEntry): Promise<DirectoryChange> {
    const activeSuperAdmins = await this.store.lockWithSuperAdmins(scope, id);
    const member = await this.store.find(scope, id);
    if (!member) throw new Error('The member to update does not exist.');
    const change = { ...(await this.personOf(scope, member, entry)), ...statusOf(scope, member, entry) };
    const keptOut =
      entry.active === false &&
      member.status === memberStatus.deactivated &&
      (await this.keepDeactivated(scope, member));
    if (Object.keys(change).length === 0) return keptOut ? 'deactivated' : 'none';
    refuseBeyondOwnPermissions(scope, member.role);
    const returns = entry.active && member.status === memberStatus.deactivated;
    const refusal =
      (entry.active === false ? refuseLastSuperAdmin(id, activeSuperAdmins) : undefined) ??
      (returns ? refuseReturn(member, await this.deletions.isPending(scope, id)) : undefined);
    if (refusal) throw refusal;
    await this.store.update(scope, id, change);
    await announce(scope, member);
    if (change.identityId) {
      await announce(scope, { orgId: member.orgId, identityId: change.identityId });
      // The erasure of this person would not find their former identity.
      await (member.joinedAt
        ? this.persons.erase(scope, member.identityId)
        : this.store.forgetUnused(scope, member.identityId));
    }
    if (keptOut || change.status === memberStatus.deactivated) return 'deactivated';
    return returns ? 'reactivated' : 'updated';
  }

  /** False when it is not given: it goes beyond the directory's reach, or would leave no super admin. */
  async giveRole(scope: Scope, id: string, role: RoleEntity): Promise<boolean> {
    const activeSuperAdmins = await this.store.lockWithSuperAdmins(scope, id);
    const member = await this.store.find(scope, id);
    if (!member || member.role.id === role.id) return false;
    const withinReach = changeable(scope, role) && changeable(scope, member.role);
    if (!withinReach || (role.slug !== superAdmin && refuseLastSuperAdmin(id, activeSuperAdmins)))
      return false;
    await this.store.update(scope, id, { roleId: role.id });
    await announce(scope, member);
    await scope.audit('ROLE_CHANGED', {
      entityType: 'user',
      entityId: id,
      metadata: { from: member.role.slug, to: role.slug, by: 'scim' },
    });
    return true;
  }

  /**
   * For a member whose deletion is pending: keeps them deactivated if it is cancelled. Returns false when
   * that was already so.
   */
  private async keepDeactivated(scope: Scope, { id, role }: Member): Promise<boolean> {
    if (!(await this.deletions.isPending(scope, id))) return false;
    refuseBeyondOwnPermissions(scope, role);
    return this.deletions.keepDeactivated(scope, id);
  }

  private async personOf(
    scope: Scope,
    member: Member,
    entry: DirectoryEntry,
  ): Promise<Partial<MemberEntity>> {
    const { email, name, managerId } = entry;
    const profile = profileAfter(member.profile, entry);
    const identity = email === member.email ? undefined : await this.store.identify(scope, email);
    return {
      ...(identity && { email: identity.email, identityId: identity.id }),
      ...(name !== '' && name !== member.name && { name }),
      ...(profile && { profile }),
      ...(managerId !== undefined && managerId !== member.managerId && { managerId }),
    };
  }
}

function statusOf(scope: Scope, { status, joinedAt }: Member, { active }: DirectoryEntry) {
  if (active && status !== memberStatus.active) {
    return { status: memberStatus.active, joinedAt: joinedAt ?? scope.now() };
  }
  return active === false && status !== memberStatus.deactivated ? { status: memberStatus.deactivated } : {};
}

/** Undefined when nothing changes. */
function profileAfter(
  known: MemberProfile,
  { profile, withdrawn }: DirectoryEntry,
): MemberProfile | undefined {
  const kept = Object.entries(known).filter(([field]) => !withdrawn.some((name) => name === field));
  const after: MemberProfile = { ...Object.fromEntries(kept), ...profile };
  const fields = new Set([...Object.keys(known), ...Object.keys(after)]) as Set<keyof MemberProfile>;
  return [...fields].some((field) => JSON.stringify(known[field]) !== JSON.stringify(after[field]))
    ? after
    : undefined;
}

function changeable(scope: Scope, { permissions }: RoleEntity): boolean {
  return scope.can('change', 'member', { rolePermissions: permissions });
}

function refuseBeyondOwnPermissions(scope: Scope, role: RoleEntity): void {
  if (changeable(scope, role)) return;
  throw permissionDenied(
    'MEMBER_EXCEEDS_OWN',
    `The role "${role.name}" may do more than this token or its connection may give or change.`,
  );
}

async function announce(
  scope: Scope,
  { orgId, identityId }: Pick<MemberEntity, 'orgId' | 'identityId'>,
): Promise<void> {
  await scope.announceRevocation(`member:${orgId}:${identityId}`);
}
