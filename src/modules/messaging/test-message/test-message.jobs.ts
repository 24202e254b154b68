import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { purgeTask, TestMessages } from './test-messages.service.js';

/** Deletes a test at the end of its time. */
@Injectable()
@HandlesJob({ task: purgeTask })
export class PurgeTestMessages implements JobHandler<{ batchId: string }> {
  constructor(private readonly tests: TestMessages) {}

  async handle({ batchId }: { batchId: string }, { run }: JobContext): Promise<void> {
    await run((scope) => this.tests.purge(scope, batchId));
  }
}
