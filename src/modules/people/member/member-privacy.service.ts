import { Injectable } from '@nestjs/common';
import { notFound, permissionDenied } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type Corrections, correct, refuseCorrections } from './correction.rules.js';
import { deletedDomain, memberStatus, refuseLastSuperAdmin } from './member.rules.js';
import { type Member, MemberStore } from './member.store.js';
import { PersonErasure } from './person-erasure.service.js';

/** What a member was before their deletion was scheduled. */
export interface Standing {
  status: number;
  restrictedAt: Date | null;
}

/**
 * Changes to members that data protection law grants: restriction, rectification, erasure. The calling
 * service writes the audit event.
 */
@Injectable()
export class MemberPrivacy {
  constructor(
    private readonly store: MemberStore,
    private readonly persons: PersonErasure,
  ) {}

  /** Finds the member and locks it until the scope ends; undefined when there is none. */
  async findForUpdate(scope: Scope, id: string): Promise<Member | undefined> {
    await this.store.lockWithSuperAdmins(scope, id);
    return this.store.find(scope, id);
  }

  /** The same, refused where the caller may do less than the member. */
  async findChangeableForUpdate(scope: Scope, id: string): Promise<Member | undefined> {
    const member = await this.findForUpdate(scope, id);
    if (member) refuseExceeding(scope, member);
    return member;
  }

  /** Whether the member may not be counted: their processing is restricted. */
  async isRestricted(scope: Scope, id: string): Promise<boolean> {
    return (await this.store.find(scope, id))?.processingRestricted ?? true;
  }

  /** Whether the organization would lose the last person who may do everything in it. */
  async isLastSuperAdmin(scope: Scope, id: string): Promise<boolean> {
    return refuseLastSuperAdmin(id, await this.store.lockWithSuperAdmins(scope, id)) !== undefined;
  }

  /** Shuts the member out and restricts their processing, until they are deleted or restored. */
  async deactivateForDeletion(scope: Scope, id: string): Promise<{ member: Member; before: Standing }> {
    const activeSuperAdmins = await this.store.lockWithSuperAdmins(scope, id);
    const member = await this.store.find(scope, id);
    if (!member) throw notFound('member');
    refuseExceeding(scope, member);
    const refusal = refuseLastSuperAdmin(member.id, activeSuperAdmins);
    if (refusal) throw refusal;
    const before = { status: member.status, restrictedAt: member.restrictedAt };
    await this.change(scope, member, { status: memberStatus.deactivated, ...restrictedSince(scope.now()) });
    return { member, before };
  }

  /** As they were before. */
  async restore(scope: Scope, id: string, { status, restrictedAt }: Standing): Promise<void> {
    const member = await this.findForUpdate(scope, id);
    if (member) await this.change(scope, member, { status, ...restrictedSince(restrictedAt) });
  }

  /** Since when the processing is restricted; null when it is not. */
  async restrict(scope: Scope, id: string, restricted: boolean): Promise<Date | null> {
    const member = await this.findForUpdate(scope, id);
    if (!member) throw notFound('member');
    // A repeated restriction keeps its start.
    const restrictedAt = restricted ? (member.restrictedAt ?? scope.now()) : null;
    await this.store.update(scope, id, restrictedSince(restrictedAt));
    return restrictedAt;
  }

  /** Returns the names of the fields whose value is another now. */
  async rectify(scope: Scope, id: string, corrections: Corrections): Promise<string[]> {
    const refusal = refuseCorrections(corrections);
    if (refusal) throw refusal;
    const member = await this.findForUpdate(scope, id);
    if (!member) throw notFound('member');
    const { changed, ...corrected } = correct(member, corrections);
    if (changed.length > 0) await this.store.update(scope, id, corrected);
    return changed;
  }

  /**
   * Replaces the personal data of the member and keeps the row, which other tables refer to. Erases the
   * identity when no other organization has it.
   */
  async anonymize(scope: Scope, member: Member): Promise<void> {
    const placeholder = await this.store.identify(scope, `deleted-${member.id}@${deletedDomain}`);
    await this.store.update(scope, member.id, {
      identityId: placeholder.id,
      email: placeholder.email,
      name: '',
      profile: {},
      managerId: null,
      themePreference: 0,
      preferredLocale: '',
      dataGovernanceRegion: '',
      status: memberStatus.deactivated,
      ...restrictedSince(member.restrictedAt ?? scope.now()),
    });
    await this.forgetPerson(scope, member);
    await announce(scope, member);
  }

  async delete(scope: Scope, member: Member): Promise<void> {
    await this.store.remove(scope, member.id);
    await this.forgetPerson(scope, member);
    await announce(scope, member);
  }

  /** A member who never joined was only invited: their sign-in data does not belong to this organization. */
  private async forgetPerson(scope: Scope, { identityId, joinedAt }: Member): Promise<void> {
    await (joinedAt ? this.persons.erase(scope, identityId) : this.store.forgetUnused(scope, identityId));
  }

  private async change(
    scope: Scope,
    member: Member,
    change: { status: number; processingRestricted: boolean; restrictedAt: Date | null },
  ): Promise<void> {
    await this.store.update(scope, member.id, change);
    await announce(scope, member);
  }
}

function restrictedSince(restrictedAt: Date | null) {
  return { processingRestricted: restrictedAt !== null, restrictedAt };
}

function refuseExceeding(scope: Scope, { role }: Member): void {
  if (role.permissions.every((permission) => scope.permissions.has(permission))) return;
  throw permissionDenied('MEMBER_EXCEEDS_OWN', 'You cannot change a member who may do more than you.');
}

async function announce(scope: Scope, member: Member): Promise<void> {
  await scope.announceRevocation(`member:${member.orgId}:${member.identityId}`);
}
