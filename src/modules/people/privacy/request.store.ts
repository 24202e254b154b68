import { Injectable } from '@nestjs/common';
import { MAX as lastUuid } from 'uuid';
import { setStatement, statement } from '../../../platform/database/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { deletedDomain, type DeletionSchedule, memberStatus, type Standing } from '../member/index.js';
import { type PrivacyRequest, type RequestKind, requestStatus } from './request.rules.js';

export interface ListedRequest extends PrivacyRequest {
  /** Empty once they are deleted. */
  userEmail: string;
  requestedByEmail: string;
}

export interface RequestFilter {
  kinds: readonly RequestKind[] | null;
  status: number | null;
  userId: string | null;
}

const { pending, processing } = requestStatus;

const columns = `
  x.id, x.kind, x.user_id as "userId", x.requested_by as "requestedBy", x.status, x.anonymize, x.fields, x.reason,
  x.attempts, x.personal, x.sealed_key as "sealedKey", x.scheduled_for as "scheduledFor", x.created_at as "createdAt",
  x.completed_at as "completedAt", x.expires_at as "expiresAt"`;
const emailOf = (member: string): string =>
  `case when ${member}.email like '%@${deletedDomain}' then '' else coalesce(${member}.email, '') end`;

const insert = statement(
  'privacy_request.insert',
  `insert into privacy_request (org_id, id, kind, user_id, requested_by, status, anonymize, fields, sealed_key,
     status_before, restricted_before, scheduled_for, created_at, completed_at, personal)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
);
const list = setStatement(
  'privacy_request.list',
  `select ${columns}, ${emailOf('u')} as "userEmail", ${emailOf('r')} as "requestedByEmail"
     from privacy_request x
     left join member u on u.org_id = x.org_id and u.id = x.user_id
     left join member r on r.org_id = x.org_id and r.id = x.requested_by
    where x.org_id = $1 and (x.created_at, x.id) < ($2, $3)
      and ($4::text[] is null or x.kind = any($4)) and ($5::smallint is null or x.status = $5)
      and ($6::uuid is null or x.user_id = $6)
    order by x.created_at desc, x.id desc limit $7`,
);
const subject = statement(
  'privacy_request.subject',
  `select user_id as "userId" from privacy_request where org_id = $1 and id = $2 and kind = 'delete'`,
);
const findForUpdate = statement(
  'privacy_request.find_for_update',
  `select ${columns} from privacy_request x where org_id = $1 and id = $2 and kind = $3 for update`,
);
const standing = statement(
  'privacy_request.standing',
  `select status_before as status, restricted_before as "restrictedAt" from privacy_request
    where org_id = $1 and id = $2`,
);
// The clocks of this process and of the database, by which the job came, may differ a little.
const begin = statement(
  'privacy_request.begin',
  `update privacy_request x set status = ${processing}, attempts = attempts + 1
    where org_id = $1 and id = $2
      and (status = ${processing} or status = ${pending} and coalesce(scheduled_for <= $3::timestamptz + interval '1 minute', true))
   returning ${columns}`,
);
const update = statement(
  'privacy_request.end',
  `update privacy_request set status = $3, reason = $4, completed_at = $5, expires_at = $6
    where org_id = $1 and id = $2`,
);
// A request that has ended in the meantime stays so: a deletion ends the exports of the person.
const completeExport = statement(
  'privacy_request.complete_export',
  `update privacy_request set status = ${requestStatus.completed}, completed_at = $3, expires_at = $4
    where org_id = $1 and id = $2 and status = ${processing}`,
);
// A run that was taken for dead neither ends what another has completed, nor changes why it was ended.
const failExport = statement(
  'privacy_request.fail_export',
  `update privacy_request set status = ${requestStatus.failed}, reason = $3, completed_at = $4
    where org_id = $1 and id = $2 and status = ${processing}`,
);
const endExports = statement(
  'privacy_request.end_exports',
  `update privacy_request set status = ${requestStatus.failed}, reason = 'the person is deleted', completed_at = $3
    where org_id = $1 and user_id = $2 and kind = 'export' and status in (${pending}, ${processing})`,
);
// One that is begun at this moment is begun afterwards, and reads what is left.
const lockPendingExports = statement(
  'privacy_request.lock_pending_exports',
  `select id from privacy_request
    where org_id = $1 and user_id is null and kind = 'export' and status = ${pending} order by id for update`,
);
// The key goes with the file.
const endExportsOfOrganization = statement(
  'privacy_request.end_exports_of_organization',
  `update privacy_request set status = ${requestStatus.failed}, reason = $2, completed_at = $3, expires_at = null
    where org_id = $1 and user_id is null and kind = 'export' and sealed_key is not null
      and status in (${processing}, ${requestStatus.completed})
   returning id`,
);
const statusOf = statement(
  'privacy_request.status_of',
  'select status from privacy_request where org_id = $1 and id = $2',
);
const deletionBegun = statement(
  'privacy_request.deletion_begun',
  `select id from privacy_request
    where org_id = $1 and user_id = $2 and kind = 'delete' and status = ${processing}`,
);
const forgetKey = statement(
  'privacy_request.forget_key',
  'update privacy_request set sealed_key = null where org_id = $1 and id = $2',
);
const isPending = statement(
  'privacy_request.deletion_pending',
  `select id from privacy_request
    where org_id = $1 and user_id = $2 and kind = 'delete' and status in (${pending}, ${processing})`,
);
const keepDeactivated = statement(
  'privacy_request.keep_deactivated',
  `update privacy_request set status_before = ${memberStatus.deactivated}
    where org_id = $1 and user_id = $2 and kind = 'delete' and status = ${pending}
      and status_before <> ${memberStatus.deactivated}`,
);
const exportsOf = statement(
  'privacy_request.exports_of',
  `select id from privacy_request where org_id = $1 and user_id = $2 and kind = 'export'`,
);

@Injectable()
export class RequestStore implements DeletionSchedule {
  async insert(
    scope: Scope,
    request: Pick<PrivacyRequest, 'id' | 'kind' | 'userId' | 'status'> &
      Partial<PrivacyRequest> & { before?: Standing },
  ): Promise<void> {
    const { id, kind, userId, status, anonymize = false, fields = [], sealedKey = null, before } = request;
    const { createdAt = scope.now(), scheduledFor = null, completedAt = null, personal = false } = request;
    await (
      await scope.tx()
    ).execute(insert, [
      scope.orgId,
      id,
      kind,
      userId,
      scope.userId,
      status,
      anonymize,
      fields,
      sealedKey,
      before?.status ?? null,
      before?.restrictedAt ?? null,
      scheduledFor,
      createdAt,
      completedAt,
      personal,
    ]);
  }

  /** Newest first, and one more than the page holds. */
  async list(scope: Scope, { kinds, status, userId }: RequestFilter, page: Page): Promise<ListedRequest[]> {
    const { createdAt = 'infinity', id = lastUuid } = page.after ?? {};
    const values = [scope.orgId, createdAt, id, kinds, status, userId, page.limit + 1];
    return (await scope.tx()).query<ListedRequest>(list, values);
  }

  /**
   * The member whom a deletion concerns; undefined when there is no such deletion, or the member is erased.
   */
  async subject(scope: Scope, id: string): Promise<string | undefined> {
    const row = await (await scope.tx()).queryOne<{ userId: string | null }>(subject, [scope.orgId, id]);
    return row?.userId ?? undefined;
  }

  async findForUpdate(scope: Scope, id: string, kind: RequestKind): Promise<PrivacyRequest | undefined> {
    return (await scope.tx()).queryOne<PrivacyRequest>(findForUpdate, [scope.orgId, id, kind]);
  }

  async standingBefore(scope: Scope, id: string): Promise<Standing> {
    const found = await (await scope.tx()).queryOne<Standing>(standing, [scope.orgId, id]);
    if (!found) throw new Error(`No privacy request ${id}.`);
    return found;
  }

  /** Undefined when it has ended, or is not due yet. */
  async begin(scope: Scope, id: string): Promise<PrivacyRequest | undefined> {
    return (await scope.tx()).queryOne<PrivacyRequest>(begin, [scope.orgId, id, scope.now()]);
  }

  async update(
    scope: Scope,
    id: string,
    { status, reason = '', expiresAt = null }: { status: number; reason?: string; expiresAt?: Date | null },
  ): Promise<void> {
    const completedAt = status === processing ? null : scope.now();
    await (await scope.tx()).execute(update, [scope.orgId, id, status, reason, completedAt, expiresAt]);
  }

  /** False when it was ended while it was made. */
  async completeExport(scope: Scope, id: string, expiresAt: Date): Promise<boolean> {
    const tx = await scope.tx();
    const { rowCount } = await tx.execute(completeExport, [scope.orgId, id, scope.now(), expiresAt]);
    return rowCount === 1;
  }

  /** False when it has ended before. */
  async failExport(scope: Scope, id: string, reason: string): Promise<boolean> {
    const tx = await scope.tx();
    const { rowCount } = await tx.execute(failExport, [scope.orgId, id, reason, scope.now()]);
    return rowCount === 1;
  }

  /** Those of a member's data that wait or are being made. */
  async endExports(scope: Scope, userId: string): Promise<void> {
    await (await scope.tx()).execute(endExports, [scope.orgId, userId, scope.now()]);
  }

  /** Those of the organization that are being made, or have a file; returns their ids. */
  async endExportsOfOrganization(scope: Scope, reason: string): Promise<string[]> {
    const tx = await scope.tx();
    await tx.execute(lockPendingExports, [scope.orgId]);
    const rows = await tx.query<{ id: string }>(endExportsOfOrganization, [scope.orgId, reason, scope.now()]);
    return rows.map(({ id }) => id);
  }

  async isCompleted(scope: Scope, id: string): Promise<boolean> {
    const row = await (await scope.tx()).queryOne<{ status: number }>(statusOf, [scope.orgId, id]);
    return row?.status === requestStatus.completed;
  }

  /** Whether a deletion of the member is being made. */
  async deletionBegun(scope: Scope, userId: string): Promise<boolean> {
    return (await (await scope.tx()).queryOne(deletionBegun, [scope.orgId, userId])) !== undefined;
  }

  async forgetKey(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(forgetKey, [scope.orgId, id]);
  }

  /** Whether a deletion of the member is scheduled or being made. */
  async isPending(scope: Scope, userId: string): Promise<boolean> {
    return (await (await scope.tx()).queryOne(isPending, [scope.orgId, userId])) !== undefined;
  }

  async keepDeactivated(scope: Scope, userId: string): Promise<boolean> {
    const { rowCount } = await (await scope.tx()).execute(keepDeactivated, [scope.orgId, userId]);
    return rowCount === 1;
  }

  /** The exports of a member's data. */
  async exportsOf(scope: Scope, userId: string): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(exportsOf, [scope.orgId, userId]);
    return rows.map(({ id }) => id);
  }
}
