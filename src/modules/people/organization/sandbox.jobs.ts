import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { HandlesJob, type JobContext, type JobHandler, untilYield } from '../../../platform/worker/index.js';
import { ObjectStore } from '../../../platform/object-store/index.js';
import { purgeTask, Sandboxes } from './sandbox.service.js';

/** Deletes all rows of a sandbox in batches; a retry after a crash continues with the remaining rows. */
@Injectable()
@HandlesJob({ task: purgeTask })
export class PurgeSandbox implements JobHandler<{ deletionId: string }> {
  constructor(
    private readonly sandboxes: Sandboxes,
    private readonly objects: ObjectStore,
    private readonly log: PinoLogger,
  ) {
    log.setContext('sandbox');
  }

  async handle({ deletionId }: { deletionId: string }, context: JobContext): Promise<void> {
    const { run, orgId } = context;
    const signal = untilYield(context);
    while (!(await run((scope) => this.sandboxes.purge(scope)))) {
      if (!signal.aborted) continue;
      // Time is up, or the worker is stopping: another job continues.
      return run((scope) => this.sandboxes.enqueuePurge(scope, deletionId));
    }
    if (orgId) await this.objects.removeAll(orgId);
    this.log.info({ orgId, deletionId }, 'sandbox deleted');
  }
}

/** Finds sandboxes that have expired, and deletions that have come to a stop. */
@Injectable()
@HandlesJob({ task: { name: 'sandbox.sweep', lane: 'background', priority: 'normal' }, cron: '*/5 * * * *' })
export class SweepSandboxes implements JobHandler {
  constructor(private readonly sandboxes: Sandboxes) {}

  async handle(_payload: Record<string, unknown>, { run, signal }: JobContext): Promise<void> {
    for (const organizationId of await run((scope) => this.sandboxes.listDue(scope))) {
      if (signal.aborted) return;
      await run((scope) => this.sandboxes.expire(scope, organizationId));
    }
  }
}
