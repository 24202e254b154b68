import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { Sessions } from './sessions.service.js';
import { deliverCodeTask, SignIn } from './sign-in.service.js';

/** Decides, out of the caller's sight, whether the address gets its code. */
@Injectable()
@HandlesJob({ task: deliverCodeTask })
export class DeliverCodeJob implements JobHandler<{ id: string; sealed: string }> {
  constructor(private readonly signIn: SignIn) {}

  async handle({ id, sealed }: { id: string; sealed: string }, context: JobContext): Promise<void> {
    await context.run((scope) => this.signIn.deliverCode(scope, id, sealed));
  }
}

/** Codes, tokens and sessions that cannot be used any more. */
@Injectable()
@HandlesJob({ task: { name: 'auth.purge', lane: 'background', priority: 'low' }, cron: '41 * * * *' })
export class PurgeCredentialsJob implements JobHandler {
  constructor(
    private readonly signIn: SignIn,
    private readonly sessions: Sessions,
  ) {}

  async handle(_payload: Record<string, unknown>, context: JobContext): Promise<void> {
    await context.run((scope) => this.signIn.purge(scope));
    await context.run((scope) => this.sessions.purge(scope));
  }
}
