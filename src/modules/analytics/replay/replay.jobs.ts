import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler, untilYield } from '../../../platform/worker/index.js';
import { RecordingContent } from './recording-content.js';
import { removeContentTask } from './recording-removal.js';
import { purgeTask, RecordingRetention } from './retention.service.js';

/** Finds organizations with recordings whose time is over. */
@Injectable()
@HandlesJob({
  task: { name: 'replay.find-expired', lane: 'background', priority: 'low' },
  cron: '27 * * * *',
})
export class FindExpiredRecordings implements JobHandler {
  constructor(private readonly retention: RecordingRetention) {}

  async handle(_payload: Record<string, unknown>, context: JobContext): Promise<void> {
    await this.retention.enqueueDue(context);
  }
}

/** Deletes the recordings of an organization whose time is over. */
@Injectable()
@HandlesJob({ task: purgeTask })
export class PurgeRecordings implements JobHandler {
  constructor(private readonly retention: RecordingRetention) {}

  async handle(_payload: Record<string, unknown>, context: JobContext): Promise<void> {
    const { run } = context;
    const signal = untilYield(context);
    while (await run((scope) => this.retention.purge(scope)))
      // Time is up, or the worker is stopping: another job continues.
      if (signal.aborted) return run((scope) => this.retention.enqueuePurge(scope));
  }
}

/** Deletes what a deleted recording has left in the object store. */
@Injectable()
@HandlesJob({ task: removeContentTask })
export class RemoveRecordingContent implements JobHandler<{ recordingId: string }> {
  constructor(private readonly content: RecordingContent) {}

  async handle({ recordingId }: { recordingId: string }, { orgId = '' }: JobContext): Promise<void> {
    await this.content.removeAll(orgId, recordingId);
  }
}
