import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../worker/index.js';
import { CapturedMailbox } from './captured-mail.js';

/** Captured mail holds sign-in codes and addresses: it does not stay. */
@Injectable()
@HandlesJob({
  task: { name: 'mail.purge_captured', lane: 'background', priority: 'low' },
  cron: '23 * * * *',
})
export class PurgeCapturedMailJob implements JobHandler {
  constructor(private readonly mailbox: CapturedMailbox) {}

  async handle(_payload: Record<string, unknown>, context: JobContext): Promise<void> {
    await context.run((scope) => this.mailbox.purge(scope));
  }
}
