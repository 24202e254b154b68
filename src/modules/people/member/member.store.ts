import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { statement } from '../../../platform/database/index.js';
import {
  alreadyExists,
  constraintErrors,
  failedPrecondition,
  invalidArgument,
} from '../../../platform/errors/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { requireEmailAddress } from '../../../platform/text/index.js';
import { type RoleEntity, superAdmin } from '../role/index.js';
import { MemberEntity } from './member.entity.js';
import { memberStatus } from './member.rules.js';

/** Enqueued when a member is deactivated or deleted, for modules that wait for members. */
export const leftTask: Task = { name: 'member.left', lane: 'campaign', priority: 'normal' };

export interface Identity {
  id: string;
  email: string;
}

/** A member with their role. */
export type Member = MemberEntity & { role: RoleEntity };

/** The role's columns stand beside the member's. */
type MemberRow = MemberEntity &
  Pick<RoleEntity, 'slug' | 'isDefault' | 'isSystem' | 'permissions'> & {
    roleName: string;
    roleCreatedAt: Date;
  };

// The foreign key leaves no member without a role.
const member = `
  select m.org_id as "orgId", m.id, m.identity_id as "identityId", m.email, m.name, m.status, m.role_id as "roleId",
         m.profile, m.manager_id as "managerId", m.theme_preference as "themePreference",
         m.preferred_locale as "preferredLocale", m.processing_restricted as "processingRestricted",
         m.restricted_at as "restrictedAt", m.data_governance_region as "dataGovernanceRegion",
         m.created_at as "createdAt", m.updated_at as "updatedAt", m.joined_at as "joinedAt",
         m.invitation_sent_at as "invitationSentAt",
         r.slug, r.name as "roleName", r.is_default as "isDefault", r.is_system as "isSystem", r.permissions,
         r.created_at as "roleCreatedAt"
    from member m join role r on r.org_id = m.org_id and r.id = m.role_id`;

const identityById = statement('member.identity_by_id', 'select id, email from identity where id = $1');

// Updating what is already there makes the row visible to `returning`, also when someone else just inserted it.
const identityByEmail = statement(
  'member.identity_by_email',
  `insert into identity (id, email, created_at) values ($1, $2, $3)
   on conflict (email) do update set email = excluded.email returning id, email`,
);

const idByIdentity = statement(
  'member.id_by_identity',
  'select id from member where org_id = $1 and identity_id = $2',
);

const forgetIdentity = statement('member.forget_identity', 'select forget_unused_identity($1)');

const deleteIdentity = statement('member.delete_identity', 'select delete_identity($1) as email');

const organizationName = statement('member.organization_name', 'select name from organization where id = $1');

const findByEmail = statement(
  'member.find_by_email',
  'select id from member where org_id = $1 and email = $2',
);

// Counted as people come and go: counting a million members for each page would be the most of its cost.
const count = statement(
  'member.count',
  `select coalesce(sum(members + deactivated), 0)::integer as count from headcount
    where org_id = $1 and subject_id = $1`,
);

const firstPage = statement(
  'member.first_page',
  `${member} where m.org_id = $1 order by m.created_at desc, m.id desc limit $2`,
);

const nextPage = statement(
  'member.next_page',
  `${member} where m.org_id = $1 and (m.created_at, m.id) < ($3, $4) order by m.created_at desc, m.id desc limit $2`,
);

const findAll = statement(
  'member.find_all',
  `${member} where m.org_id = $1 and m.id = any($2) order by m.created_at desc, m.id desc`,
);

// Roles are few: the members of each that holds one of the permissions are found by index.
const holders = `
  ${member.trim()} where m.org_id = $1 and r.permissions && $2::smallint[]`;

const listHolders = statement(
  'member.list_holders',
  `${holders} and m.status = ${memberStatus.active} order by m.joined_at, m.id limit $3`,
);

const listInvitations = statement(
  'member.list_invitations',
  `${holders} and (m.status = ${memberStatus.invited}
                   or m.status = ${memberStatus.active} and m.invitation_sent_at is not null)
    order by coalesce(m.invitation_sent_at, m.created_at) desc, m.id desc limit $3`,
);

// In the order of ids, so that two changes at once wait for each other instead of deadlocking.
const lock = statement(
  'member.lock',
  `select m.id, m.status = ${memberStatus.active} and m.role_id = r.id as "isActiveSuperAdmin"
     from member m join role r on r.org_id = m.org_id and r.slug = '${superAdmin}'
    where m.org_id = $1 and (m.id = $2 or (m.status = ${memberStatus.active} and m.role_id = r.id))
    order by m.id for update of m`,
);

const listSuperAdmins = statement(
  'member.list_super_admins',
  `select m.id from member m join role r on r.org_id = m.org_id and r.id = m.role_id and r.slug = '${superAdmin}'
    where m.org_id = $1 and m.status = ${memberStatus.active}`,
);

const signOut = statement(
  'member.sign_out',
  'update member set signed_out_at = $3 where org_id = $1 and id = $2',
);

constraintErrors({
  member_email_key: () =>
    alreadyExists('MEMBER_EXISTS', 'Someone with this email is already in the organization.'),
  member_identity_key: () => alreadyExists('MEMBER_EXISTS', 'This person is already in the organization.'),
  member_role_fkey: () =>
    failedPrecondition('ROLE_IN_USE', 'The role is held by members, or no longer exists.'),
  member_manager_fkey: () =>
    invalidArgument([{ field: 'profile.manager_id', description: 'is not a member of this organization' }]),
});

@Injectable()
export class MemberStore {
  async find(scope: Scope, id: string): Promise<Member | undefined> {
    return (await this.findAll(scope, [id]))[0];
  }

  async findByEmail(scope: Scope, email: string): Promise<Member | undefined> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ id: string }>(findByEmail, [scope.orgId, email]);
    return row && this.find(scope, row.id);
  }

  /** A page of members, newest first, and one more if there is a next page. */
  async list(scope: Scope, { limit, after }: Page): Promise<Member[]> {
    const tx = await scope.tx();
    const rows = await (after
      ? tx.query<MemberRow>(nextPage, [scope.orgId, limit + 1, after.createdAt, after.id])
      : tx.query<MemberRow>(firstPage, [scope.orgId, limit + 1]));
    return rows.map(toMember);
  }

  /** Newest first. */
  async findAll(scope: Scope, ids: readonly string[]): Promise<Member[]> {
    const tx = await scope.tx();
    return (await tx.query<MemberRow>(findAll, [scope.orgId, ids])).map(toMember);
  }

  /** Active members whose role holds one of the permissions, by the time at which they joined. */
  async listHolders(scope: Scope, permissions: readonly number[], most: number): Promise<Member[]> {
    const tx = await scope.tx();
    return (await tx.query<MemberRow>(listHolders, [scope.orgId, permissions, most])).map(toMember);
  }

  /**
   * Those who are invited to such a role, or who came by an invitation whose link signs in. Newest invitation first.
   */
  async listInvitations(scope: Scope, permissions: readonly number[], most: number): Promise<Member[]> {
    const tx = await scope.tx();
    return (await tx.query<MemberRow>(listInvitations, [scope.orgId, permissions, most])).map(toMember);
  }

  async count(scope: Scope): Promise<number> {
    const row = await (await scope.tx()).queryOne<{ count: number }>(count, [scope.orgId]);
    return row?.count ?? 0;
  }

  /**
   * Locks the member and every active super admin until the transaction ends: what is decided about them still
   * holds when they are changed. Returns the ids of the super admins.
   */
  async lockWithSuperAdmins(scope: Scope, id: string): Promise<string[]> {
    const tx = await scope.tx();
    const rows = await tx.query<{ id: string; isActiveSuperAdmin: boolean }>(lock, [scope.orgId, id]);
    return rows.filter((row) => row.isActiveSuperAdmin).map((row) => row.id);
  }

  async superAdmins(scope: Scope): Promise<Member[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(listSuperAdmins, [scope.orgId]);
    return this.findAll(
      scope,
      rows.map(({ id }) => id),
    );
  }

  async insert(scope: Scope, member: MemberEntity): Promise<void> {
    const { entities } = await scope.tx();
    await entities.insert(MemberEntity, member);
  }

  async update(scope: Scope, id: string, change: Partial<MemberEntity>): Promise<void> {
    const { entities } = await scope.tx();
    await entities.update(MemberEntity, { orgId: scope.orgId, id }, { ...change, updatedAt: scope.now() });
    if (change.status === memberStatus.deactivated) await noteLeft(scope, id);
  }

  async signOut(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(signOut, [scope.orgId, id, scope.now()]);
  }

  /** Deletes the member, and the identity unless it is a member elsewhere or has signed in. */
  async delete(scope: Scope, member: Member): Promise<void> {
    const tx = await scope.tx();
    await tx.entities.delete(MemberEntity, { orgId: scope.orgId, id: member.id });
    await this.forgetUnused(scope, member.identityId);
    await noteLeft(scope, member.id);
  }

  /** Deletes an identity unless it is a member of an organization or has signed in. */
  async forgetUnused(scope: Scope, identityId: string): Promise<void> {
    await (await scope.tx()).execute(forgetIdentity, [identityId]);
  }

  /** What the person is here, if they are anything. */
  async findByIdentity(scope: Scope, identityId: string): Promise<Member | undefined> {
    const row = await (await scope.tx()).queryOne<{ id: string }>(idByIdentity, [scope.orgId, identityId]);
    return row && this.find(scope, row.id);
  }

  /** The row alone, with what belongs to it. */
  async remove(scope: Scope, id: string): Promise<void> {
    const { entities } = await scope.tx();
    await entities.delete(MemberEntity, { orgId: scope.orgId, id });
    await noteLeft(scope, id);
  }

  /** Returns the address of the person; undefined when they are a member elsewhere, and stay. */
  async deleteIdentity(scope: Scope, identityId: string): Promise<string | undefined> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ email: string | null }>(deleteIdentity, [identityId]))?.email ?? undefined;
  }

  async findIdentity(scope: Scope, id: string): Promise<Identity | undefined> {
    return (await scope.tx()).queryOne<Identity>(identityById, [id]);
  }

  /** The identity with this address, created if there is none. */
  async identify(scope: Scope, email: string): Promise<Identity> {
    const values = [uuid(), requireEmailAddress(email), scope.now()];
    const identity = await (await scope.tx()).queryOne<Identity>(identityByEmail, values);
    if (!identity) throw new Error('An upsert returned no row.');
    return identity;
  }

  async organizationName(scope: Scope): Promise<string> {
    const row = await (await scope.tx()).queryOne<{ name: string }>(organizationName, [scope.orgId]);
    return row?.name ?? '';
  }
}

function toMember({
  slug,
  roleName,
  isDefault,
  isSystem,
  permissions,
  roleCreatedAt,
  ...row
}: MemberRow): Member {
  const { orgId, roleId: id } = row;
  return {
    ...row,
    role: { orgId, id, slug, name: roleName, isDefault, isSystem, permissions, createdAt: roleCreatedAt },
  };
}

/** Here in the store, so that every code path that deactivates or deletes a member enqueues it. */
function noteLeft(scope: Scope, userId: string): Promise<void> {
  return scope.enqueue({ task: leftTask, payload: { userId }, key: userId });
}
