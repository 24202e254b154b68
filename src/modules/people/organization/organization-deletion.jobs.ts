import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { HandlesJob, type JobContext, type JobHandler, untilYield } from '../../../platform/worker/index.js';
import { ObjectStore } from '../../../platform/object-store/index.js';
import { OrganizationDeletions, purgeOrganizationTask } from './organization-deletion.service.js';

/**
 * Deletes all rows of an organization in batches; a retry after a crash continues with the remaining rows.
 */
@Injectable()
@HandlesJob({ task: purgeOrganizationTask })
export class PurgeOrganization implements JobHandler<{ deletionId: string }> {
  constructor(
    private readonly deletions: OrganizationDeletions,
    private readonly objects: ObjectStore,
    private readonly log: PinoLogger,
  ) {
    log.setContext('organization');
  }

  async handle({ deletionId }: { deletionId: string }, context: JobContext): Promise<void> {
    const { run, orgId } = context;
    const signal = untilYield(context);
    let outcome = await run((scope) => this.deletions.purge(scope));
    while (outcome === 'more') {
      // Time is up, or the worker is stopping: another job continues.
      if (signal.aborted) return run((scope) => this.deletions.enqueuePurge(scope, deletionId));
      outcome = await run((scope) => this.deletions.purge(scope));
    }
    if (outcome === 'cancelled') return;
    if (orgId) await this.objects.removeAll(orgId);
    this.log.info({ orgId, deletionId }, 'organization deleted');
  }
}

/** Finds organizations that are due, deletions that have come to a stop, and what started as they were shut. */
@Injectable()
@HandlesJob({
  task: { name: 'organization.sweep', lane: 'background', priority: 'normal' },
  cron: '*/5 * * * *',
})
export class SweepOrganizationDeletions implements JobHandler {
  constructor(private readonly deletions: OrganizationDeletions) {}

  async handle(_payload: Record<string, unknown>, { run, signal }: JobContext): Promise<void> {
    for (const pending of await run((scope) => this.deletions.pending(scope))) {
      if (signal.aborted) return;
      await run((scope) => this.deletions.resume(scope, pending));
    }
  }
}
