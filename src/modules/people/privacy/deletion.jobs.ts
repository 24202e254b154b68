import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { Deletions, deleteTask } from './deletion.service.js';

/** Erases a member, piece by piece: a run after a crash finds what is left. */
@Injectable()
@HandlesJob({ task: deleteTask })
export class DeletePerson implements JobHandler<{ requestId: string }> {
  constructor(
    private readonly deletions: Deletions,
    private readonly personalData: PersonalData,
    private readonly log: PinoLogger,
  ) {
    log.setContext('privacy');
  }

  async handle({ requestId }: { requestId: string }, context: JobContext): Promise<void> {
    const { run, orgId = '' } = context;
    const request = await run((scope) => this.deletions.begin(scope, requestId));
    if (!request?.userId) return;
    const { userId, anonymize } = request;
    await this.personalData.eraseFirst({ userId, anonymize }, context);
    await run((scope) => this.deletions.finish(scope, { ...request, userId }));
    this.log.info({ orgId, requestId }, 'person deleted');
  }
}
