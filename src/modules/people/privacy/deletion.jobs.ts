import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { ObjectStore } from '../../../platform/object-store/index.js';
import { Deletions, deleteTask } from './deletion.service.js';
import { keyOf } from './export.service.js';
import type { LoginPlace } from './forget.store.js';

/** Forgets somebody, piece by piece: whoever goes on after a crash finds what is left. */
@Injectable()
@HandlesJob({ task: deleteTask })
export class DeletePerson implements JobHandler<{ requestId: string }> {
  constructor(
    private readonly deletions: Deletions,
    private readonly objects: ObjectStore,
    private readonly log: PinoLogger,
  ) {
    log.setContext('privacy');
  }

  async handle({ requestId }: { requestId: string }, context: JobContext): Promise<void> {
    const { run, orgId = '' } = context;
    const request = await run((scope) => this.deletions.begin(scope, requestId));
    if (!request?.userId) return;
    const { userId, anonymize } = request;
    await this.deleteMessages(userId, context);
    if (!anonymize) while (!(await run((scope) => this.deletions.deleteDeliveries(scope, userId))));
    await this.deleteLogins(userId, context);
    for (const id of await run((scope) => this.deletions.exportsOf(scope, userId))) {
      await this.objects.remove(keyOf(orgId, id));
    }
    await run((scope) => this.deletions.finish(scope, { ...request, userId }));
    this.log.info({ orgId, requestId }, 'a person was deleted');
  }

  private async deleteMessages(userId: string, { run, signal }: JobContext): Promise<void> {
    let after: string | undefined = '';
    while (after !== undefined) {
      signal.throwIfAborted();
      const from: string = after;
      after = await run((scope) => this.deletions.deleteOwnMessages(scope, userId, from));
    }
  }

  private async deleteLogins(userId: string, { run, signal }: JobContext): Promise<void> {
    let after: LoginPlace | undefined;
    do {
      signal.throwIfAborted();
      const from = after;
      after = await run((scope) => this.deletions.deleteLogins(scope, userId, from));
    } while (after);
  }
}
