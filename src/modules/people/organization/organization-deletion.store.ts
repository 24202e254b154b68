import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

export interface OrganizationDeletion {
  id: string;
  /** The member who requested it. */
  requestedBy: string;
  requestedAt: Date;
  dueAt: Date;
}

/** What is on record of it. */
export interface RecordedDeletion extends OrganizationDeletion {
  /** Sealed recipients and name for the final notice; null once everything is deleted. */
  sealedNotice: Buffer | null;
  purgeStartedAt: Date | null;
  purgedAt: Date | null;
}

export interface PendingDeletion {
  organizationId: string;
  id: string;
  isDue: boolean;
}

// Apart from the reading: a statement that had to wait still sees the other table as it was when it began.
const lock = statement(
  'organization_deletion.lock',
  'select from organization where id = $1 for no key update',
);
const find = statement(
  'organization_deletion.find',
  `select id, requested_by as "requestedBy", requested_at as "requestedAt", due_at as "dueAt",
          sealed_notice as "sealedNotice", purge_started_at as "purgeStartedAt", purged_at as "purgedAt"
     from organization_deletion where organization_id = $1`,
);
const insert = statement(
  'organization_deletion.insert',
  `insert into organization_deletion
     (organization_id, id, requested_by, request_id, requested_at, due_at, sealed_notice)
   values ($1, $2, $3, $4, $5, $6, $7)`,
);
const remove = statement(
  'organization_deletion.delete',
  'delete from organization_deletion where organization_id = $1',
);
const endAt = statement(
  'organization_deletion.end_at',
  'update organization set expires_at = $2 where id = $1',
);
const pending = statement(
  'organization_deletion.pending',
  `select organization_id as "organizationId", id, due_at <= $1 as "isDue" from organization_deletion
    where purged_at is null order by due_at limit $2`,
);

@Injectable()
export class OrganizationDeletionStore {
  async find(scope: Scope): Promise<RecordedDeletion | undefined> {
    return (await scope.tx()).queryOne<RecordedDeletion>(find, [scope.orgId]);
  }

  /** Locked until the transaction ends: requesting, cancelling and purging exclude each other. */
  async findForUpdate(scope: Scope): Promise<RecordedDeletion | undefined> {
    await (await scope.tx()).execute(lock, [scope.orgId]);
    return this.find(scope);
  }

  /** From now on the organization answers next to nothing. */
  async insert(scope: Scope, deletion: OrganizationDeletion, sealedNotice: Buffer): Promise<void> {
    const { id, requestedBy, requestedAt, dueAt } = deletion;
    const tx = await scope.tx();
    const values = [scope.orgId, id, requestedBy, scope.requestId, requestedAt, dueAt, sealedNotice];
    await tx.execute(insert, values);
    await tx.execute(endAt, [scope.orgId, requestedAt]);
  }

  /** Opens the organization again. */
  async delete(scope: Scope): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(endAt, [scope.orgId, null]);
    await tx.execute(remove, [scope.orgId]);
  }

  /** Pending deletions, ordered by due date. */
  async pending(scope: Scope, limit: number): Promise<PendingDeletion[]> {
    return (await scope.tx()).query<PendingDeletion>(pending, [scope.now(), limit]);
  }
}
