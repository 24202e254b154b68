import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import { forgetJobs } from '../../../platform/jobs/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../member/index.js';
import { superAdmin } from '../role/index.js';
import { orgType } from './organization.rules.js';
import type { DeletionCandidate } from './sandbox.rules.js';

export interface Sandbox {
  /** The identity of its owner. */
  createdBy: string;
  apiKeyId: string | null;
  expiresAt: Date;
}

export interface Deletion {
  id: string;
  reason: 'requested' | 'expired';
}

/** Null: no deletion has started. */
type Deletable = DeletionCandidate & { deletionId: string | null };

const lockOwner = statement(
  'sandbox.lock_owner',
  `select pg_advisory_xact_lock(hashtextextended('sandbox/' || $1, 0))`,
);
const countLive = statement(
  'sandbox.count_live',
  `select count(*)::integer as live from sandbox where created_by = $1 and purged_at is null and expires_at > $2`,
);
const insert = statement(
  'sandbox.insert',
  `insert into sandbox (organization_id, created_by, api_key_id, created_at, expires_at) values ($1, $2, $3, $4, $5)`,
);
const ownerOfKey = statement(
  'sandbox.owner_of_key',
  `select m.identity_id as "identityId" from api_key k join member m on m.org_id = k.org_id and m.id = k.created_by
    where k.org_id = $1 and k.id = $2 and m.status = ${memberStatus.active}`,
);
// Apart from the reading: a statement that had to wait still sees the other table as it was when it began.
const lock = statement('sandbox.lock', 'select from organization where id = $1 for no key update');
const candidate = statement(
  'sandbox.deletion_candidate',
  `select o.org_type as "orgType", s.created_by as "createdBy", s.api_key_id as "apiKeyId",
          s.deletion_id as "deletionId", exists (
            select from member m join role r on r.org_id = m.org_id and r.id = m.role_id
             where m.org_id = o.id and m.identity_id = $2 and m.status = ${memberStatus.active}
               and r.slug = '${superAdmin}') as "callerIsSuperAdmin"
     from organization o left join sandbox s on s.organization_id = o.id
    where o.id = $1`,
);
const deleted = statement(
  'sandbox.deleted',
  `select ${orgType.sandbox} as "orgType", created_by as "createdBy", api_key_id as "apiKeyId",
          deletion_id as "deletionId", false as "callerIsSuperAdmin"
     from sandbox where organization_id = $1 and purged_at is not null`,
);
const startDeletion = statement(
  'sandbox.start_deletion',
  `update sandbox set deletion_id = $2, deletion_reason = $3, deletion_actor_kind = $4, deletion_actor_id = $5,
          deletion_request_id = $6, deletion_started_at = $7, expires_at = least(expires_at, $7)
    where organization_id = $1`,
);
const close = statement(
  'sandbox.close',
  'update organization set expires_at = least(expires_at, $2) where id = $1',
);
const due = statement(
  'sandbox.due',
  `select organization_id as id from sandbox where purged_at is null and expires_at <= $1 order by expires_at limit $2`,
);
const purge = statement('sandbox.purge', 'select purge_sandbox($1, $2) as done');

@Injectable()
export class SandboxStore {
  /** How many live. Held until the transaction ends: two calls at once cannot both take the last place. */
  async countLiveForInsert(scope: Scope, createdBy: string): Promise<number> {
    const tx = await scope.tx();
    await tx.execute(lockOwner, [createdBy]);
    return (await tx.queryOne<{ live: number }>(countLive, [createdBy, scope.now()]))?.live ?? 0;
  }

  async insert(scope: Scope, { createdBy, apiKeyId, expiresAt }: Sandbox): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(insert, [scope.orgId, createdBy, apiKeyId, scope.now(), expiresAt]);
  }

  /** The person who made a key of the scope's organization, while they are an active member of it. */
  async ownerOfKey(scope: Scope, keyId: string): Promise<string | undefined> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ identityId: string }>(ownerOfKey, [scope.orgId, keyId]))?.identityId;
  }

  /** The record of a deleted sandbox. */
  async findDeleted(scope: Scope): Promise<Deletable | undefined> {
    return (await scope.tx()).queryOne<Deletable>(deleted, [scope.orgId]);
  }

  /** Locked until the transaction ends: of two who delete at once the second finds the deletion of the first. */
  async findForDeletion(scope: Scope, identityId: string | null): Promise<Deletable | undefined> {
    const tx = await scope.tx();
    await tx.execute(lock, [scope.orgId]);
    return tx.queryOne<Deletable>(candidate, [scope.orgId, identityId]);
  }

  /** From now on, calls in the organization are refused. */
  async startDeletion(scope: Scope, { id, reason }: Deletion): Promise<void> {
    const tx = await scope.tx();
    const { caller, actorId, requestId } = scope;
    const now = scope.now();
    await tx.execute(startDeletion, [scope.orgId, id, reason, caller.kind, actorId, requestId, now]);
    await tx.execute(close, [scope.orgId, now]);
  }

  /** Organizations that are over and not gone yet. */
  async due(scope: Scope, limit: number): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(due, [scope.now(), limit]);
    return rows.map(({ id }) => id);
  }

  /**
   * Deletes at most `most` rows of the scope's organization, and its queued jobs. Returns true when no rows
   * remain.
   */
  async purge(scope: Scope, most: number): Promise<boolean> {
    const tx = await scope.tx();
    await forgetJobs(tx, scope.orgId);
    return (await tx.queryOne<{ done: boolean }>(purge, [most, scope.now()]))?.done ?? true;
  }
}
