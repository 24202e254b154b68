import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { failedPrecondition, invalidArgument } from '../../../platform/errors/index.js';
import { Permission } from '../../../platform/access/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import type { OrganizationEntity } from './organization.entity.js';
import { orgType } from './organization.rules.js';
import { type CreatedOrganization, type NewOrganization, Organizations } from './organization.service.js';
import { expiryViolations, refuseOverLimit, refuseDeletion } from './sandbox.rules.js';
import { type Deletion, SandboxStore } from './sandbox.store.js';

export type NewSandbox = NewOrganization & { expiresAt: Date };

export const purgeTask: Task = { name: 'sandbox.purge', lane: 'background', priority: 'low' };

/** Rows in one transaction of a purge. */
const PIECE = 1_000;

/** Trial organizations: they expire, or their creator deletes them. */
@Injectable()
export class Sandboxes {
  constructor(
    private readonly store: SandboxStore,
    private readonly organizations: Organizations,
    private readonly scopes: Scopes,
  ) {}

  /** The person who calls, or who made the key that calls, becomes its super admin. */
  async create(scope: Scope, input: NewSandbox): Promise<CreatedOrganization> {
    const violations = expiryViolations(input.expiresAt, scope.now());
    if (violations.length > 0) throw invalidArgument(violations);
    const owner = await this.ownerOf(scope);
    const admin = { id: uuid(), identityId: owner.createdBy };
    scope.adopt(uuid(), owner.apiKeyId ? undefined : admin.id);
    const refusal = refuseOverLimit(await this.store.countLiveForInsert(scope, owner.createdBy));
    if (refusal) throw refusal;
    const founded = await this.organizations.found(scope, { ...input, orgType: orgType.sandbox }, admin);
    await this.store.insert(scope, { ...owner, expiresAt: input.expiresAt });
    return founded;
  }

  /** Live ones that the caller is in, first to expire first. */
  async listOwn(scope: Scope): Promise<OrganizationEntity[]> {
    const own = await this.organizations.listOwn(scope);
    return own
      .filter((organization) => organization.orgType === orgType.sandbox)
      .sort((a, b) => Number(a.expiresAt) - Number(b.expiresAt));
  }

  /**
   * Returns the id of the deletion. A repeated call returns the same id, to the creator also after everything
   * is deleted.
   */
  async delete(scope: Scope, organizationId: string): Promise<string> {
    const { caller } = scope;
    scope.adopt(organizationId);
    const identityId = caller.kind === 'person' ? caller.identityId : null;
    const candidate =
      (await this.store.findForDeletion(scope, identityId)) ?? (await this.store.findDeleted(scope));
    const refusal = refuseDeletion(caller, candidate);
    if (refusal) throw refusal;
    if (candidate?.deletionId) return candidate.deletionId;
    const deletion: Deletion = { id: uuid(), reason: 'requested' };
    await this.startDeletion(scope, deletion);
    await this.enqueuePurge(scope, deletion.id);
    return deletion.id;
  }

  /** Organizations that are over and not gone yet. */
  listDue(scope: Scope): Promise<string[]> {
    return this.store.due(scope, PIECE);
  }

  /** Makes sure that a sandbox that is over is being deleted. */
  async expire(scope: Scope, organizationId: string): Promise<void> {
    scope.adopt(organizationId);
    const candidate = await this.store.findForDeletion(scope, null);
    // A concurrent job has finished the deletion.
    if (!candidate) return;
    const deletion: Deletion = { id: candidate.deletionId ?? uuid(), reason: 'expired' };
    if (!candidate.deletionId) await this.startDeletion(scope, deletion);
    await this.enqueuePurge(scope, deletion.id);
  }

  /** Deletes a piece; true when nothing is left. */
  async purge(scope: Scope): Promise<boolean> {
    const done = await this.store.purge(scope, PIECE);
    if (done) await scope.announceRevocation(`organization:${scope.orgId}`);
    return done;
  }

  async enqueuePurge(scope: Scope, deletionId: string): Promise<void> {
    await scope.enqueue({
      task: purgeTask,
      payload: { deletionId },
      key: scope.orgId,
    });
  }

  private async startDeletion(scope: Scope, deletion: Deletion): Promise<void> {
    await this.store.startDeletion(scope, deletion);
    await scope.announceRevocation(`organization:${scope.orgId}`);
    await scope.audit(deletion.reason === 'expired' ? 'SANDBOX_EXPIRED' : 'ORG_DELETED', {
      entityType: 'organization',
      entityId: scope.orgId,
      metadata: { deletion_id: deletion.id },
    });
  }

  private async ownerOf(scope: Scope): Promise<{ createdBy: string; apiKeyId: string | null }> {
    const { caller } = scope;
    if (caller.kind !== 'api_key') return { createdBy: scope.identityId, apiKeyId: null };
    scope.require(Permission.ORG_WRITE);
    // In a separate transaction: the scope's own belongs to the organization being created.
    const createdBy = await this.scopes.run(originOf(scope), (inner) =>
      this.store.ownerOfKey(inner, caller.keyId),
    );
    if (createdBy) return { createdBy, apiKeyId: caller.keyId };
    throw failedPrecondition(
      'API_KEY_HAS_NO_OWNER',
      'The member who created this API key is not active; the sandbox would have no administrator.',
    );
  }
}
