import { Injectable } from '@nestjs/common';
import { Permission } from '../../../platform/access/index.js';
import { notFound, permissionDenied } from '../../../platform/errors/index.js';
import { type PageRequest, Paging } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { refuseGrant, Roles, superAdmin } from '../role/index.js';
import {
  memberStatus,
  type ProfileRequest,
  refuseLastSuperAdmin,
  refuseProfile,
  refuseReactivation,
  refuseReturn,
  refuseRevocation,
} from './member.rules.js';
import { type Member, MemberStore } from './member.store.js';
import { mergedProfile, refuseSize } from './profile.rules.js';
import { RegionChanges } from './region-changes.service.js';
import { ScheduledDeletions } from './scheduled-deletions.js';

export interface MemberPage {
  items: Member[];
  pagination: { nextPageToken: string; totalCount: number };
}

@Injectable()
export class Members {
  constructor(
    private readonly store: MemberStore,
    private readonly roles: Roles,
    private readonly regions: RegionChanges,
    private readonly paging: Paging,
    private readonly deletions: ScheduledDeletions,
  ) {}

  /** The member with this id; an empty id means the caller. */
  async get(scope: Scope, id: string): Promise<Member> {
    const memberId = idOrSelf(scope, id);
    if (!isSelf(scope, memberId)) scope.require(Permission.MEMBERS_READ);
    return this.find(scope, memberId);
  }

  /** The members with these ids, in this order; unknown ids are left out. */
  async listByIds(scope: Scope, ids: readonly string[]): Promise<Member[]> {
    const members = new Map((await this.store.findAll(scope, ids)).map((member) => [member.id, member]));
    return ids.flatMap((id) => members.get(id) ?? []);
  }

  /** The active ones: who is told when something concerns the whole organization. */
  superAdmins(scope: Scope): Promise<Member[]> {
    return this.store.superAdmins(scope);
  }

  async list(scope: Scope, request: PageRequest | undefined): Promise<MemberPage> {
    const binding = ['members', scope.orgId];
    const page = this.paging.parse(request, binding);
    const [rows, totalCount] = await Promise.all([this.store.list(scope, page), this.store.count(scope)]);
    return this.paging.pageOf(rows, page, totalCount, binding);
  }

  /** Active members whose role holds one of the permissions, by the time at which they joined. */
  listHolders(scope: Scope, permissions: readonly Permission[], most: number): Promise<Member[]> {
    return this.store.listHolders(scope, permissions, most);
  }

  async changeRole(scope: Scope, input: { id: string; roleId: string }): Promise<Member> {
    const { member, activeSuperAdmins } = await this.findForUpdate(scope, input.id);
    const role = await this.roles.get(scope, input.roleId.toLowerCase());
    const refusal =
      refuseGrant(role.permissions, scope.permissions) ??
      (role.slug === superAdmin ? undefined : refuseLastSuperAdmin(member.id, activeSuperAdmins));
    if (refusal) throw refusal;
    await this.store.update(scope, member.id, { roleId: role.id });
    await announceChange(scope, member);
    await scope.audit('ROLE_CHANGED', {
      entityType: 'user',
      entityId: member.id,
      metadata: { from: member.role.slug, to: role.slug },
    });
    return { ...member, roleId: role.id, role };
  }

  /** Shutting out someone who is out already changes nothing. */
  async deactivate(scope: Scope, id: string): Promise<Member> {
    const { member, activeSuperAdmins } = await this.findForUpdate(scope, id);
    if (member.status === memberStatus.deactivated) {
      if (await this.deletions.keepDeactivated(scope, id)) await this.record(scope, id, 'USER_DEACTIVATED');
      return member;
    }
    const refusal = refuseLastSuperAdmin(member.id, activeSuperAdmins);
    if (refusal) throw refusal;
    return this.changeStatus(scope, member, deactivated, 'USER_DEACTIVATED');
  }

  async reactivate(scope: Scope, id: string): Promise<Member> {
    const { member } = await this.findForUpdate(scope, id);
    const refusal =
      refuseReactivation(member) ??
      refuseReturn(member, await this.deletions.isPending(scope, id)) ??
      refuseGrant(member.role.permissions, scope.permissions);
    if (refusal) throw refusal;
    return this.changeStatus(scope, member, invitedBack, 'USER_REACTIVATED');
  }

  /**
   * The member has to prove again who they are before they act here. Their sessions are theirs, in whatever other
   * organizations they are, and go on there.
   */
  async signOut(scope: Scope, id: string): Promise<void> {
    const { member } = await this.findForUpdate(scope, id);
    await this.store.signOut(scope, member.id);
    await announceChange(scope, member);
    await scope.audit('PROFILE_UPDATED', {
      entityType: 'user',
      entityId: member.id,
      metadata: { sessions: 'revoked' },
    });
  }

  /** The invited person leaves no trace but the trail. */
  async revokeInvitation(scope: Scope, id: string): Promise<void> {
    const { member } = await this.findForUpdate(scope, id);
    const refusal = refuseRevocation(member);
    if (refusal) throw refusal;
    await this.store.delete(scope, member);
    await announceChange(scope, member);
    await scope.audit('INVITE_REVOKED', { entityType: 'user', entityId: member.id });
  }

  /** Updates the given profile fields of the caller (empty id), or of a member whom the caller may change. */
  async describe(scope: Scope, id: string, request: ProfileRequest): Promise<Member> {
    const memberId = idOrSelf(scope, id);
    const own = isSelf(scope, memberId);
    if (!own) scope.require(Permission.MEMBERS_MANAGE);
    // Two changes at once keep each other's.
    await this.store.lockWithSuperAdmins(scope, memberId);
    const member = await this.find(scope, memberId);
    if (!own) refuseUnchangeable(scope, member);
    const profile = mergedProfile(member.profile, request.profile);
    const refusal = refuseProfile(request, memberId) ?? refuseSize(profile);
    if (refusal) throw refusal;
    const change = { profile, managerId: request.managerId ?? member.managerId };
    await this.store.update(scope, memberId, change);
    await scope.audit('PROFILE_UPDATED', { entityType: 'user', entityId: memberId });
    return { ...member, ...change };
  }

  /** An empty region is the organization's. Answers the member and the change of the region in force, if any. */
  async changeRegion(
    scope: Scope,
    { id, region }: { id: string; region: string },
  ): Promise<{ member: Member; changeId: string }> {
    const { member } = await this.findForUpdate(scope, id);
    const own = { from: member.dataGovernanceRegion, to: region };
    if (own.from === own.to) return { member, changeId: '' };
    await this.store.update(scope, member.id, { dataGovernanceRegion: region });
    const changeId = await this.regions.begin(scope, member.id, own);
    await scope.audit('PROFILE_UPDATED', {
      entityType: 'user',
      entityId: member.id,
      metadata: { data_governance_region: region, ...(changeId && { region_change_id: changeId }) },
    });
    return { member: { ...member, dataGovernanceRegion: region }, changeId };
  }

  organizationName(scope: Scope): Promise<string> {
    return this.store.organizationName(scope);
  }

  self(scope: Scope): Promise<Member> {
    return this.find(scope, scope.userId);
  }

  /** Zero and empty stay as they are. */
  async choose(
    scope: Scope,
    settings: { themePreference: number; preferredLocale: string },
  ): Promise<Member> {
    // Only what is named is written: a change of the rest at the same moment stands.
    await this.store.update(scope, scope.userId, {
      ...(settings.themePreference && { themePreference: settings.themePreference }),
      ...(settings.preferredLocale && { preferredLocale: settings.preferredLocale }),
    });
    await scope.audit('SETTINGS_UPDATED', { entityType: 'user', entityId: scope.userId });
    return this.self(scope);
  }

  private async find(scope: Scope, id: string): Promise<Member> {
    const member = await this.store.find(scope, id);
    if (!member) throw notFound('member');
    return member;
  }

  /** Finds a member whom the caller may change, and locks it until the scope ends. */
  private async findForUpdate(
    scope: Scope,
    id: string,
  ): Promise<{ member: Member; activeSuperAdmins: string[] }> {
    const activeSuperAdmins = await this.store.lockWithSuperAdmins(scope, id);
    const member = await this.find(scope, id);
    refuseUnchangeable(scope, member);
    return { member, activeSuperAdmins };
  }

  private async changeStatus(
    scope: Scope,
    member: Member,
    change: { status: number; invitationSentAt?: null },
    event: 'USER_DEACTIVATED' | 'USER_REACTIVATED',
  ): Promise<Member> {
    await this.store.update(scope, member.id, change);
    await announceChange(scope, member);
    await this.record(scope, member.id, event);
    return { ...member, ...change };
  }

  private record(scope: Scope, id: string, event: 'USER_DEACTIVATED' | 'USER_REACTIVATED'): Promise<void> {
    return scope.audit(event, { entityType: 'user', entityId: id });
  }
}

const deactivated = { status: memberStatus.deactivated };
/** As an invitation that does not expire, whatever the former one was. */
const invitedBack = { status: memberStatus.invited, invitationSentAt: null };

function idOrSelf(scope: Scope, id: string): string {
  if (id !== '') return id.toLowerCase();
  if (scope.caller.kind === 'member') return scope.userId;
  throw permissionDenied('API_KEY_HAS_NO_USER', 'An API key belongs to no person; name a member by id.');
}

function isSelf(scope: Scope, id: string): boolean {
  return scope.caller.kind === 'member' && scope.userId === id;
}

export function refuseUnchangeable(scope: Scope, member: Member): void {
  if (scope.can('change', 'member', { rolePermissions: member.role.permissions })) return;
  throw permissionDenied('MEMBER_EXCEEDS_OWN', 'You cannot change a member who may do more than you.');
}

async function announceChange(scope: Scope, member: Member): Promise<void> {
  await scope.announceRevocation(`member:${member.orgId}:${member.identityId}`);
}
