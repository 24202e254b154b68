import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { Passwords } from './passwords.service.js';

/** Guesses that no longer count. */
@Injectable()
@HandlesJob({ task: { name: 'password.purge', lane: 'background', priority: 'low' }, cron: '43 * * * *' })
export class PurgePasswordGuesses implements JobHandler {
  constructor(private readonly passwords: Passwords) {}

  async handle(_payload: Record<string, unknown>, context: JobContext): Promise<void> {
    await context.run((scope) => this.passwords.purge(scope));
  }
}
