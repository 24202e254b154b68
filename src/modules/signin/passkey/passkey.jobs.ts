import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { ChallengeStore } from './challenge.store.js';

/** Deletes expired challenges. */
@Injectable()
@HandlesJob({ task: { name: 'passkey.purge', lane: 'background', priority: 'low' }, cron: '43 * * * *' })
export class PurgeChallengesJob implements JobHandler {
  constructor(private readonly challenges: ChallengeStore) {}

  async handle(_payload: Record<string, unknown>, context: JobContext): Promise<void> {
    await context.run((scope) => this.challenges.purge(scope));
  }
}
