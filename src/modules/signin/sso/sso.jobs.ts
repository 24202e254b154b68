import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { breakGlassUsedTask } from './break-glass-use.store.js';
import { Enforcement } from './enforcement.service.js';
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

/** Notifies the super admins of a break-glass sign-in. */
@Injectable()
@HandlesJob({ task: breakGlassUsedTask })
export class BreakGlassUsedJob implements JobHandler<{ userId: string; sessionId: string }> {
  constructor(private readonly enforcement: Enforcement) {}

  async handle(
    { userId, sessionId }: { userId: string; sessionId: string },
    { run }: JobContext,
  ): Promise<void> {
    await run((scope) => this.enforcement.noteUse(scope, userId, sessionId));
  }
}
