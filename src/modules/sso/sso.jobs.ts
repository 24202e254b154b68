import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../platform/jobs/index.js';
import { Metadata, refreshTask } from './metadata.service.js';

/** Keeps what is known of one provider fresh, and enqueues its own next turn. */
@Injectable()
@HandlesJob({ task: refreshTask })
export class RefreshMetadataJob implements JobHandler<{ connectionId: string }> {
  constructor(private readonly metadata: Metadata) {}

  async handle({ connectionId }: { connectionId: string }, { orgId, jobId }: JobContext): Promise<void> {
    await this.metadata.refreshInTurn({ caller: { kind: 'system', orgId }, requestId: jobId }, connectionId);
  }
}
