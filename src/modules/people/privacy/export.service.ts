import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { Permission } from '../../../platform/access/index.js';
import { notFound } from '../../../platform/errors/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import { ObjectStore } from '../../../platform/object-store/index.js';
import {
  type DataSubjectContribution,
  type ExportedObject,
  type ExportFile,
  type ExportPage,
  PersonalData,
} from '../../../platform/personal-data/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import type { Scope } from '../../../platform/scope/index.js';
import { MemberPrivacy } from '../member/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import { inBundleOrder } from './published-order.rules.js';
import { isPersonal, KEPT_MS, type PrivacyRequest, refuseExport, requestStatus } from './request.rules.js';
import { RequestStore } from './request.store.js';

/** `{ requestId }`: makes the bundle. */
export const exportTask: Task = { name: 'privacy.export', lane: 'background', priority: 'normal' };
/** `{ requestId }`: deletes it, and forgets its key. */
export const expireTask: Task = { name: 'privacy.expire_export', lane: 'background', priority: 'normal' };

const MOST_ATTEMPTS = 5;

/** Copies of what is known, for those whom it is about. */
@Injectable()
export class PrivacyExports implements DataSubjectContribution {
  constructor(
    private readonly requests: RequestStore,
    private readonly personalData: PersonalData,
    private readonly members: MemberPrivacy,
    private readonly objects: ObjectStore,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
  ) {}

  async ofMember(scope: Scope, userId: string): Promise<string> {
    if (userId !== scope.userId) scope.require(Permission.PRIVACY_WRITE);
    // Locks the member: a deletion that begins at this moment finds the export, or is found.
    const member = await this.members.findForUpdate(scope, userId);
    if (!member) throw notFound('member');
    const refusal = refuseExport(await this.requests.deletionBegun(scope, userId));
    if (refusal) throw refusal;
    return this.request(scope, member.id, { personal: isPersonal(userId, scope) });
  }

  ofOrganization(scope: Scope): Promise<string> {
    return this.request(scope, null, { personal: false });
  }

  /** Undefined when it has ended. */
  begin(scope: Scope, id: string): Promise<PrivacyRequest | undefined> {
    return this.requests.begin(scope, id);
  }

  filesOf({ userId, personal }: PrivacyRequest): ExportFile[] {
    if (userId === null) return inBundleOrder(this.personalData.organizationFiles);
    return inBundleOrder(
      this.personalData.files.filter(({ personalOnly = false }) => personal || !personalOnly),
    );
  }

  page(
    scope: Scope,
    file: ExportFile,
    { userId, personal }: PrivacyRequest,
    page: ExportPage,
  ): Promise<ExportedObject[]> {
    return file.page(scope, { userId, personal }, page);
  }

  /** Returns false when a deletion has ended the request in the meantime, or another run has completed it. */
  async complete(scope: Scope, { id, userId }: PrivacyRequest): Promise<boolean> {
    const expiresAt = new Date(scope.now().getTime() + KEPT_MS);
    if (!(await this.requests.completeExport(scope, id, expiresAt))) return false;
    await scope.enqueue({ task: expireTask, payload: { requestId: id }, runAt: expiresAt });
    if (userId === null) await tell(scope, 'ORG_DATA_EXPORT_COMPLETED', id);
    return true;
  }

  /** An export of the organization holds the people of its projects. */
  async eraseCopies(scope: Scope): Promise<void> {
    const reason = 'a person of a project was erased whom the file would hold; ask for the export again';
    for (const id of await this.requests.endExportsOfOrganization(scope, reason)) {
      await scope.enqueue({ task: expireTask, payload: { requestId: id } });
      await tell(scope, 'ORG_DATA_EXPORT_FAILED', id);
    }
  }

  /** Whether its bundle may be downloaded. */
  isCompleted(scope: Scope, id: string): Promise<boolean> {
    return this.requests.isCompleted(scope, id);
  }

  /** True when it is not tried again. */
  async giveUp(scope: Scope, { id, userId, attempts }: PrivacyRequest): Promise<boolean> {
    if (attempts < MOST_ATTEMPTS) return false;
    const hasFailed = await this.requests.failExport(scope, id, 'the file could not be created');
    if (hasFailed && userId === null) await tell(scope, 'ORG_DATA_EXPORT_FAILED', id);
    return true;
  }

  async forgetKey(scope: Scope, id: string): Promise<void> {
    await this.requests.forgetKey(scope, id);
  }

  /** What the bundle is encrypted with; undefined when it is not. */
  keyOf(orgId: string, { id, sealedKey }: PrivacyRequest): Buffer | undefined {
    return sealedKey ? this.envelope.open(sealedKey, sealContext(orgId, id)) : undefined;
  }

  /** Where to download it; undefined when there is nothing. */
  linkTo(scope: Scope, request: PrivacyRequest): Promise<string> | undefined {
    const { kind, status, expiresAt, userId, createdAt } = request;
    if (kind !== 'export' || status !== requestStatus.completed || !expiresAt || expiresAt <= scope.now())
      return undefined;
    const [name, extension] = userId === null ? ['organization', 'zip.sealed'] : ['my-data', 'zip'];
    const filename = `${name}-${createdAt.toISOString().slice(0, 10)}.${extension}`;
    return this.objects.link(keyOf(scope.orgId, request.id), { filename, contentType: contentType(request) });
  }

  private async request(
    scope: Scope,
    userId: string | null,
    { personal }: { personal: boolean },
  ): Promise<string> {
    const id = uuid();
    const sealedKey =
      userId === null ? this.envelope.seal(randomBytes(32), sealContext(scope.orgId, id)) : null;
    await this.requests.insert(scope, {
      id,
      kind: 'export',
      userId,
      personal,
      status: requestStatus.pending,
      sealedKey,
    });
    if (userId === null) await tell(scope, 'ORG_DATA_EXPORT_REQUESTED', id);
    else {
      const metadata = { request_id: id };
      await scope.audit('DATA_EXPORT_REQUESTED', { entityType: 'user', entityId: userId, metadata });
    }
    await scope.enqueue({ task: exportTask, payload: { requestId: id } });
    return id;
  }
}

/**
 * The result of an organization's export is audited; that of a person's export is visible in the request
 * only.
 */
function tell(
  scope: Scope,
  event: 'ORG_DATA_EXPORT_REQUESTED' | 'ORG_DATA_EXPORT_COMPLETED' | 'ORG_DATA_EXPORT_FAILED',
  id: string,
): Promise<void> {
  return scope.audit(event, {
    entityType: 'organization',
    entityId: scope.orgId,
    metadata: { request_id: id },
  });
}

/** Where the bundle of a request is. */
export function keyOf(orgId: string, id: string): string {
  return `${orgId}/privacy/${id}.zip`;
}

export function contentType({ userId }: PrivacyRequest): string {
  return userId === null ? 'application/octet-stream' : 'application/zip';
}

const sealContext = sealedColumn(
  { table: 'privacy_request', column: 'sealed_key', places: ['org_id', 'id'] },
  (orgId, id) => `privacy_export/${orgId}/${id}`,
);
