import { Injectable } from '@nestjs/common';
import { hashToken } from '@dovecote/secret';
import { Database, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { InviteLink } from './invite-link.js';
import { type Destination, LISTED_LINKS, type LinkState } from './invite-link.rules.js';

/** Where a token leads. */
export interface FoundLink {
  orgId: string;
  id: string;
}

/** A link with the state of its organization: what the page shows and what decides whether a person may join. */
export interface LinkWithOrganization extends LinkState {
  roleId: string;
  dataGovernanceRegion: string;
  organizationName: string;
  destination: Destination;
}

type LinkWithOrganizationRow = Omit<LinkWithOrganization, 'destination'> & {
  suspended: boolean;
  organizationExpiresAt: Date | null;
  ssoEnforced: boolean;
};

const columns = `id, sealed_token as "sealedToken", role_id as "roleId",
  data_governance_region as "dataGovernanceRegion", max_uses as "maxUses", use_count as "useCount",
  created_by as "createdBy", created_at as "createdAt", expires_at as "expiresAt", revoked_at as "revokedAt"`;

const lock = statement(
  'invite_link.lock',
  `select pg_advisory_xact_lock(hashtextextended('invite_link/' || $1, 0))`,
);
const countActive = statement(
  'invite_link.count_active',
  `select count(*)::integer as active from invite_link
    where org_id = $1 and revoked_at is null and (expires_at is null or expires_at > $2)
      and (max_uses = 0 or use_count < max_uses)`,
);
const insert = statement(
  'invite_link.insert',
  `insert into invite_link (org_id, id, token_hash, sealed_token, role_id, data_governance_region, max_uses,
     created_by, created_at, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);
const list = statement(
  'invite_link.list',
  `select ${columns} from invite_link where org_id = $1 order by created_at desc, id desc limit ${LISTED_LINKS}`,
);
const find = statement(
  'invite_link.find',
  `select ${columns} from invite_link where org_id = $1 and id = $2`,
);
const revoke = statement(
  'invite_link.revoke',
  `update invite_link set revoked_at = $3 where org_id = $1 and id = $2 and revoked_at is null`,
);
const findByToken = statement(
  'invite_link.find_by_token',
  `select org_id as "orgId", id from invite_link where token_hash = $1`,
);
// Locked while it is redeemed, so that concurrent redemptions count each other.
const linkWithOrganization = (locked: string) => `
  select l.role_id as "roleId", l.data_governance_region as "dataGovernanceRegion", l.max_uses as "maxUses",
         l.use_count as "useCount", l.expires_at as "expiresAt", l.revoked_at as "revokedAt",
         exists (select from role r where r.org_id = l.org_id and r.id = l.role_id) as "hasRole",
         o.name as "organizationName", o.suspended_at is not null as suspended,
         o.expires_at as "organizationExpiresAt", o.sso_enforced_at is not null as "ssoEnforced"
    from invite_link l join organization o on o.id = l.org_id
   where l.org_id = $1 and l.id = $2 ${locked}`;
const findWithOrganization = statement('invite_link.find_with_organization', linkWithOrganization(''));
const findWithOrganizationForUpdate = statement(
  'invite_link.find_with_organization_for_update',
  linkWithOrganization('for update of l'),
);
const use = statement(
  'invite_link.use',
  `update invite_link set use_count = use_count + 1 where org_id = $1 and id = $2`,
);

@Injectable()
export class InviteLinkStore {
  constructor(private readonly database: Database) {}

  /** How many links are active. Held until the transaction ends: two calls at once cannot both take the last place. */
  async countActiveForInsert(scope: Scope): Promise<number> {
    const tx = await scope.tx();
    await tx.execute(lock, [scope.orgId]);
    return (await tx.queryOne<{ active: number }>(countActive, [scope.orgId, scope.now()]))?.active ?? 0;
  }

  async insert(scope: Scope, token: string, link: InviteLink): Promise<void> {
    const { id, sealedToken, roleId, dataGovernanceRegion, maxUses, createdBy, createdAt, expiresAt } = link;
    const values = [scope.orgId, id, hashToken(token), sealedToken, roleId, dataGovernanceRegion, maxUses];
    await (await scope.tx()).execute(insert, [...values, createdBy, createdAt, expiresAt]);
  }

  /** Newest first. */
  async list(scope: Scope): Promise<InviteLink[]> {
    return (await scope.tx()).query<InviteLink>(list, [scope.orgId]);
  }

  async find(scope: Scope, id: string): Promise<InviteLink | undefined> {
    return (await scope.tx()).queryOne<InviteLink>(find, [scope.orgId, id]);
  }

  /** False when it was revoked before. */
  async revoke(scope: Scope, id: string): Promise<boolean> {
    return (await (await scope.tx()).execute(revoke, [scope.orgId, id, scope.now()])).rowCount === 1;
  }

  /**
   * In a separate transaction, which row-level security opens by the token: the organization is known only
   * afterwards.
   */
  findByToken(token: string): Promise<FoundLink | undefined> {
    const hash = hashToken(token);
    const lookup = { kind: 'invite_link', key: hash.toString('hex') } as const;
    return this.database.transaction({ lookup, readOnly: true }, (tx) =>
      tx.queryOne<FoundLink>(findByToken, [hash]),
    );
  }

  async findById(scope: Scope, id: string): Promise<LinkWithOrganization | undefined> {
    return toLinkWithOrganization(
      await (await scope.tx()).queryOne<LinkWithOrganizationRow>(findWithOrganization, [scope.orgId, id]),
    );
  }

  /** The same, with the row locked until the transaction ends. */
  async findByIdForUpdate(scope: Scope, id: string): Promise<LinkWithOrganization | undefined> {
    return toLinkWithOrganization(
      await (
        await scope.tx()
      ).queryOne<LinkWithOrganizationRow>(findWithOrganizationForUpdate, [scope.orgId, id]),
    );
  }

  async use(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(use, [scope.orgId, id]);
  }
}

function toLinkWithOrganization(row: LinkWithOrganizationRow | undefined): LinkWithOrganization | undefined {
  if (!row) return undefined;
  const { suspended, organizationExpiresAt, ssoEnforced, ...link } = row;
  return { ...link, destination: { suspended, expiresAt: organizationExpiresAt, ssoEnforced } };
}
