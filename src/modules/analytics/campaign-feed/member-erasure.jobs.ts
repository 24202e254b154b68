import { Injectable } from '@nestjs/common';
import type { Task } from '../../../platform/jobs/index.js';
import { type Scope, Scopes } from '../../../platform/scope/index.js';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { Erasures } from '../erasure/index.js';
import { Projects } from '../project/index.js';
import { CampaignFeedStore } from './campaign-feed.store.js';

/** A member was erased: `{ userId }`. */
export const eraseMemberTask: Task = {
  name: 'campaign-feed.erase-member',
  lane: 'background',
  priority: 'normal',
};

interface Payload extends Record<string, unknown> {
  readonly userId: string;
}

/**
 * Erases the person of the member's id in each project that has had events of campaigns, with everything that was linked to them.
 * Repeated, it asks for what is requested already.
 */
@Injectable()
@HandlesJob({ task: eraseMemberTask })
export class EraseMemberEvents implements JobHandler<Payload> {
  constructor(
    private readonly feeds: CampaignFeedStore,
    private readonly projects: Projects,
    private readonly erasures: Erasures,
    private readonly scopes: Scopes,
  ) {}

  async handle({ userId }: Payload, { run, orgId, jobId, signal }: JobContext): Promise<void> {
    for (const project of await run((scope) => this.fedProjects(scope))) {
      signal.throwIfAborted();
      const origin = { caller: { kind: 'system', orgId }, requestId: jobId, project } as const;
      await this.scopes.run(origin, (scope) => this.erasures.requestByExternalId(scope, userId));
    }
  }

  private async fedProjects(scope: Scope) {
    const ids = new Set(await this.feeds.projects(scope));
    return (await this.projects.list(scope)).filter(({ id }) => ids.has(id));
  }
}
