import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { z } from 'zod';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { failedPrecondition, notFound } from '../../../platform/errors/index.js';
import type { Task } from '../../../platform/jobs/index.js';
import { Mailer, type Mail } from '../../../platform/mail/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Members } from '../member/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import {
  deletionCancelledMail,
  type DeletionNotice,
  deletionRequestedMail,
  organizationDeletedMail,
} from './organization-deletion.mail.js';
import {
  dueAt,
  refuseCaller,
  refuseCancellation,
  refuseOrganizationDeletion,
} from './organization-deletion.rules.js';
import {
  type OrganizationDeletion,
  OrganizationDeletionStore,
  type PendingDeletion,
  type RecordedDeletion,
} from './organization-deletion.store.js';
import { OrganizationStore } from './organization.store.js';
import { Sandboxes } from './sandbox.service.js';

/** Enqueued when an organization is closed, for modules that must stop their background work. */
export const shutTask: Task = { name: 'organization.shut', lane: 'campaign', priority: 'high' };
export const purgeOrganizationTask: Task = {
  name: 'organization.purge',
  lane: 'background',
  priority: 'normal',
};

/** Organizations per sweep; the next sweep runs in five minutes. */
const MOST_AT_ONCE = 1_000;

/** Recipients of the final notice, kept sealed until the purge ends: the member rows no longer exist then. */
const notice = z.object({ organization: z.string(), by: z.string(), to: z.array(z.string()) });
type Notice = z.output<typeof notice>;

/** Organizations that a super admin has had deleted: shut at once, gone after some days by the purge of sandboxes. */
@Injectable()
export class OrganizationDeletions {
  constructor(
    private readonly store: OrganizationDeletionStore,
    private readonly organizations: OrganizationStore,
    private readonly sandboxes: Sandboxes,
    private readonly members: Members,
    private readonly mailer: Mailer,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async get(scope: Scope): Promise<OrganizationDeletion> {
    const deletion = await this.store.find(scope);
    if (!deletion) throw notFound('deletion');
    return deletion;
  }

  async isPending(scope: Scope): Promise<boolean> {
    return (await this.store.find(scope)) !== undefined;
  }

  async request(scope: Scope, confirmationName: string): Promise<OrganizationDeletion> {
    const organization = await this.organizations.findForUpdate(scope);
    if (!organization) throw notFound('organization');
    const refusal = refuseCaller(scope.caller) ?? refuseOrganizationDeletion(organization, confirmationName);
    if (refusal) throw refusal;
    // Two concurrent requests can both pass the guard.
    if (await this.isPending(scope))
      throw failedPrecondition('ORGANIZATION_BEING_DELETED', 'The deletion has been requested already.');
    const now = scope.now();
    const due = dueAt(now, this.config.deletionGraceDays);
    const deletion = { id: uuid(), requestedBy: scope.userId, requestedAt: now, dueAt: due };
    const admins = await this.members.superAdmins(scope);
    const told = { organization: organization.name, by: scope.email, to: admins.map(({ email }) => email) };
    await this.store.insert(scope, deletion, this.seal(scope, told));
    await scope.announceRevocation(`organization:${scope.orgId}`);
    await this.enqueueShut(scope);
    await scope.audit('ORG_DELETED', {
      entityType: 'organization',
      entityId: scope.orgId,
      metadata: { deletion_id: deletion.id, due_at: due.toISOString() },
    });
    await this.tell(scope, told, deletion, deletionRequestedMail);
    return deletion;
  }

  async cancel(scope: Scope): Promise<void> {
    const deletion = await this.store.findForUpdate(scope);
    const refusal = refuseCaller(scope.caller);
    if (refusal) throw refusal;
    if (!deletion) throw notFound('deletion');
    const late = refuseCancellation(deletion);
    if (late) throw late;
    const told = { ...this.open(scope, deletion), by: scope.email };
    await this.store.delete(scope);
    await scope.announceRevocation(`organization:${scope.orgId}`);
    await scope.audit('ORG_UPDATED', {
      entityType: 'organization',
      entityId: scope.orgId,
      metadata: { deletion_id: deletion.id, change: 'deletion_cancelled' },
    });
    await this.tell(scope, told, deletion, deletionCancelledMail);
  }

  /**
   * Deletes a batch of rows. Returns 'cancelled' when the deletion was cancelled, 'gone' when no rows remain.
   */
  async purge(scope: Scope): Promise<'more' | 'gone' | 'cancelled'> {
    const deletion = await this.store.findForUpdate(scope);
    if (!deletion) return 'cancelled';
    // A purge forgets what waits to be done for the organization: the last mails are among that.
    if (deletion.purgedAt) return 'gone';
    if (!(await this.sandboxes.purge(scope))) return 'more';
    await this.tell(scope, this.open(scope, deletion), deletion, organizationDeletedMail);
    return 'gone';
  }

  pending(scope: Scope): Promise<PendingDeletion[]> {
    return this.store.pending(scope, MOST_AT_ONCE);
  }

  /** Enqueues the purge of an organization that is due, and stops its background work. */
  async resume(scope: Scope, { organizationId, id, isDue }: PendingDeletion): Promise<void> {
    scope.adopt(organizationId);
    await (isDue ? this.enqueuePurge(scope, id) : this.enqueueShut(scope));
  }

  async enqueuePurge(scope: Scope, deletionId: string): Promise<void> {
    await scope.enqueue({ task: purgeOrganizationTask, payload: { deletionId }, key: scope.orgId });
  }

  async enqueueShut(scope: Scope): Promise<void> {
    await scope.enqueue({ task: shutTask, payload: {}, key: scope.orgId });
  }

  private async tell(
    scope: Scope,
    { organization, by, to }: Notice,
    deletion: OrganizationDeletion,
    mail: (to: string, news: DeletionNotice) => Mail,
  ): Promise<void> {
    const news = { orgId: scope.orgId, organization, by, dueAt: deletion.dueAt };
    for (const address of to) await this.mailer.send(scope, mail(address, news));
  }

  private seal(scope: Scope, told: Notice): Buffer {
    return this.envelope.seal(JSON.stringify(told), sealContext(scope.orgId));
  }

  private open(scope: Scope, { sealedNotice }: RecordedDeletion): Notice {
    if (!sealedNotice) throw new Error('A deletion in progress has no recipients for its notice.');
    return notice.parse(JSON.parse(this.envelope.open(sealedNotice, sealContext(scope.orgId)).toString()));
  }
}

const sealContext = sealedColumn(
  { table: 'organization_deletion', column: 'sealed_notice', places: ['organization_id'] },
  (orgId) => `organization-deletion/${orgId}`,
);
