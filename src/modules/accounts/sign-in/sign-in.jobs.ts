import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { deliverLinkTask, MagicLinks } from './magic-links.service.js';

/** Decides, out of the caller's sight, whether the address gets its link. */
@Injectable()
@HandlesJob({ task: deliverLinkTask })
export class DeliverLinkJob implements JobHandler<{ id: string; sealed: string }> {
  constructor(private readonly links: MagicLinks) {}

  async handle({ id, sealed }: { id: string; sealed: string }, context: JobContext): Promise<void> {
    await context.run((scope) => this.links.deliver(scope, id, sealed));
  }
}

/** Links that no longer count. */
@Injectable()
@HandlesJob({
  task: { name: 'accounts.purge_links', lane: 'background', priority: 'low' },
  cron: '44 * * * *',
})
export class PurgeLinksJob implements JobHandler {
  constructor(private readonly links: MagicLinks) {}

  async handle(_payload: Record<string, unknown>, context: JobContext): Promise<void> {
    await context.run((scope) => this.links.purge(scope));
  }
}
