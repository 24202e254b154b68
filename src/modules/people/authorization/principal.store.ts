import { Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import type { Permission } from '../../../platform/access/index.js';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

export interface Principal {
  permissions: Permission[];
  /** Number of pidgr.v1.OrgType. */
  orgType: number;
}

/** Number of pidgr.v1.UserStatus. */
const ACTIVE = 2;
/** Number of pidgr.v1.KeyType. */
const API_KEY = 1;

const answering = `o.suspended_at is null and (o.expires_at is null or o.expires_at > $4)`;

const person = `
  select m.id as "userId", r.permissions, o.org_type as "orgType"
    from member m
    join role r on r.org_id = m.org_id and r.id = m.role_id
    join organization o on o.id = m.org_id
   where m.org_id = $1 and m.status = ${ACTIVE} and ${answering}`;

const byIdentity = statement(
  'principal.by_identity',
  `${person} and m.identity_id in ($2::uuid, (select id from identity where subject = $3))`,
);
const byMember = statement('principal.by_member', `${person} and (m.id = $2::uuid and $3 <> '')`);
const byKey = statement(
  'principal.by_key',
  `select k.permissions, o.org_type as "orgType"
     from api_key k join organization o on o.id = k.org_id
    where k.org_id = $1 and k.id = $2::uuid and $3 <> '' and k.key_type = ${API_KEY} and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > $4) and ${answering}`,
);
const organization = statement(
  'principal.organization',
  `select suspended_at is not null or coalesce(expires_at <= $2, false) as suspended
     from organization where id = $1`,
);

@Injectable()
export class PrincipalStore {
  /** By the person's id, or by what another issuer calls them. */
  async byIdentity(scope: Scope, subject: string): Promise<(Principal & { userId: string }) | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<Principal & { userId: string }>(byIdentity, this.values(scope, subject));
  }

  async byMember(scope: Scope, memberId: string): Promise<Principal | undefined> {
    return (await scope.tx()).queryOne<Principal>(byMember, this.values(scope, memberId));
  }

  async byKey(scope: Scope, keyId: string): Promise<Principal | undefined> {
    return (await scope.tx()).queryOne<Principal>(byKey, this.values(scope, keyId));
  }

  /** Undefined: no such organization. */
  async isSuspended(scope: Scope): Promise<boolean | undefined> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ suspended: boolean }>(organization, [scope.orgId, scope.now()]);
    return row?.suspended;
  }

  private values(scope: Scope, subject: string): unknown[] {
    return [scope.orgId, isUuid(subject) ? subject : null, subject, scope.now()];
  }
}
