import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { requireEmailAddress } from '../../../platform/text/index.js';
import { memberStatus } from '../../people/member/index.js';

export interface Person {
  id: string;
  email: string;
}

/** What a person is in one organization, as they see it. */
export interface OwnMembership {
  orgId: string;
  orgName: string;
  orgType: number;
  userId: string;
  name: string;
  role: {
    orgId: string;
    id: string;
    slug: string;
    name: string;
    isDefault: boolean;
    isSystem: boolean;
    permissions: number[];
    createdAt: Date;
  };
}

type OwnMembershipRow = Omit<OwnMembership, 'role'> & {
  roleId: string;
  roleSlug: string;
  roleName: string;
  isDefault: boolean;
  isSystem: boolean;
  permissions: number[];
  roleCreatedAt: Date;
};

const findByEmail = statement('identity.find_by_email', `select id, email from identity where email = $1`);
const passkeyEnrolled = statement(
  'identity.passkey_enrolled',
  'select passkey_enrolled as enrolled from identity where id = $1',
);
const insert = statement(
  'identity.insert',
  `insert into identity (id, email, created_at) values ($1, $2, $3) on conflict (email) do nothing`,
);
// Where a token works unless the client says otherwise comes first: the organization that has proven to own the domain of
// the person's address, else the first that they accepted, of those that can be used. What
// is being deleted comes last: there they can see that, and cancel it.
const listMemberships = statement(
  'member.list_own',
  `select m.org_id as "orgId", o.name as "orgName", o.org_type as "orgType", m.id as "userId", m.name,
          r.id as "roleId", r.slug as "roleSlug", r.name as "roleName", r.is_default as "isDefault",
          r.is_system as "isSystem", r.permissions, r.created_at as "roleCreatedAt"
     from member m
     join organization o on o.id = m.org_id
     join role r on r.org_id = m.org_id and r.id = m.role_id
     left join organization_deletion d on d.organization_id = o.id
    where m.identity_id = $1 and m.status = ${memberStatus.active}
      and (o.expires_at is null or o.expires_at > $2 or d.id is not null)
    order by o.suspended_at is not null or d.id is not null,
             not exists (select from sso_domain d where d.org_id = m.org_id and d.verified_at is not null
                            and d.name = split_part(m.email, '@', 2)),
             m.joined_at, m.created_at, m.org_id`,
);

const findAny = statement('identity.find_any', 'select from identity limit 1');

/** People across organizations. Memberships only show in the scope of the person whose they are. */
@Injectable()
export class PersonStore {
  /** Whether the installation has people at all: unlike organizations, they are not hidden from those outside. */
  async hasAny(scope: Scope): Promise<boolean> {
    return (await (await scope.tx()).queryOne(findAny)) !== undefined;
  }

  async findByEmail(scope: Scope, email: string): Promise<Person | undefined> {
    return (await scope.tx()).queryOne<Person>(findByEmail, [email]);
  }

  async findOrInsert(scope: Scope, email: string): Promise<Person | undefined> {
    await (await scope.tx()).execute(insert, [uuid(), requireEmailAddress(email), scope.now()]);
    return this.findByEmail(scope, email);
  }

  async isPasskeyEnrolled(scope: Scope): Promise<boolean> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ enrolled: boolean }>(passkeyEnrolled, [scope.identityId]))?.enrolled ?? false;
  }

  /** Active memberships, the one to work in by default first. */
  async listMemberships(scope: Scope): Promise<OwnMembership[]> {
    const tx = await scope.tx();
    const rows = await tx.query<OwnMembershipRow>(listMemberships, [scope.identityId, scope.now()]);
    return rows.map(toMembership);
  }
}

function toMembership(row: OwnMembershipRow): OwnMembership {
  const { orgId, orgName, orgType, userId, name, isDefault, isSystem, permissions } = row;
  const role = { orgId, id: row.roleId, slug: row.roleSlug, name: row.roleName, isDefault, isSystem };
  return {
    orgId,
    orgName,
    orgType,
    userId,
    name,
    role: { ...role, permissions, createdAt: row.roleCreatedAt },
  };
}
