import { Injectable } from '@nestjs/common';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import type { Permission } from '../permission/permissions.js';
import { Database, statement } from '../database/index.js';
import { CredentialCache } from './credential-cache.js';
import type { OrganizationState } from './organization-state.js';
import { RevocationFeed } from './revocation-feed.js';

export interface Membership {
  orgId: string;
  userId: string;
  identityId: string;
  status: UserStatus;
  roleSlug: string;
  permissions: ReadonlySet<Permission>;
  /** Only sessions that the organization's own identity provider vouched for act in it. */
  ssoEnforced: boolean;
  /** Whether sessions that began with a password act in it; null: undecided. */
  passwordsAllowed: boolean | null;
  /**
   * End of break-glass access, during which a passkey session is admitted although SSO is enforced; null
   * without it.
   */
  breakGlassUntil: Date | null;
  /** Sessions that authenticated before this must sign in again; null without a sign-out by an admin. */
  signedOutAt: Date | null;
  organization: OrganizationState;
}

interface MembershipRow extends OrganizationState {
  userId: string;
  status: UserStatus;
  roleSlug: string;
  permissions: Permission[];
  ssoEnforced: boolean;
  passwordsAllowed: boolean | null;
  breakGlassUntil: Date | null;
  signedOutAt: Date | null;
}

// Single sign-on has stopped where the organization is being deleted: then a code lets its people see and cancel that.
const find = statement(
  'membership.find',
  `select m.id as "userId", m.status, m.signed_out_at as "signedOutAt", r.slug as "roleSlug", r.permissions,
          o.suspended_at is not null as suspended, o.rate_limit_per_second as "ratePerSecond",
          o.rate_limit_burst as "rateBurst", o.ingest_events_per_second as "eventsPerSecond",
          o.expires_at as "expiresAt", d.due_at as "deletionDueAt",
          o.sso_enforced_at is not null and d.due_at is null as "ssoEnforced",
          o.passwords_allowed as "passwordsAllowed",
          (select g.expires_at from sso_break_glass g where g.org_id = m.org_id and g.user_id = m.id)
            as "breakGlassUntil"
     from member m
     join role r on r.org_id = m.org_id and r.id = m.role_id
     join organization o on o.id = m.org_id
     left join organization_deletion d on d.organization_id = o.id
    where m.org_id = $1 and m.identity_id = $2`,
);

const firstTwo = statement(
  'membership.first_two',
  `select org_id as "orgId" from member where identity_id = $1 and status = ${UserStatus.ACTIVE}
    order by joined_at, org_id limit 2`,
);

/** Finds what a person is in an organization. */
@Injectable()
export class MembershipDirectory {
  private readonly cache: CredentialCache<Membership>;

  constructor(
    private readonly database: Database,
    feed: RevocationFeed,
  ) {
    this.cache = new CredentialCache(feed, (membership) => [
      `member:${membership.orgId}:${membership.identityId}`,
      `organization:${membership.orgId}`,
    ]);
  }

  /** What `find` would answer without a look into the database. */
  recall(orgId: string, identityId: string): Membership | undefined {
    return this.cache.recall(keyOf(orgId, identityId));
  }

  /** What the person is there, unless they are nothing. */
  find(orgId: string, identityId: string): Promise<Membership | undefined> {
    return this.cache.get(keyOf(orgId, identityId), () => this.load(orgId, identityId));
  }

  /** Ids of organizations that the person belongs to: two are enough to know that there is not only one. */
  async firstTwo(identityId: string): Promise<string[]> {
    const rows = await this.database.transaction({ identityId, readOnly: true }, (tx) =>
      tx.query<{ orgId: string }>(firstTwo, [identityId]),
    );
    return rows.map(({ orgId }) => orgId);
  }

  private async load(orgId: string, identityId: string): Promise<Membership | undefined> {
    const row = await this.database.transaction({ orgId, readOnly: true }, (tx) =>
      tx.queryOne<MembershipRow>(find, [orgId, identityId]),
    );
    if (!row) return undefined;
    const { userId, status, roleSlug, permissions, ...rest } = row;
    const { ssoEnforced, passwordsAllowed, breakGlassUntil, signedOutAt, ...organization } = rest;
    const role = { roleSlug, permissions: new Set(permissions) };
    const entry = { ssoEnforced, passwordsAllowed, breakGlassUntil, signedOutAt };
    return { orgId, identityId, userId, status, ...role, ...entry, organization };
  }
}

function keyOf(orgId: string, identityId: string): string {
  return `${orgId}/${identityId}`;
}
