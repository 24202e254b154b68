import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { CookielessIdentity } from './cookieless-identity.js';
import { CookielessSalts } from './cookieless-salts.js';

/** Forgets the salt of the day before yesterday within a minute after midnight, UTC, and what is left of old sessions. */
@Injectable()
@HandlesJob({
  task: { name: 'analytics.forget_cookieless', lane: 'background', priority: 'high' },
  cron: '* * * * *',
})
export class ForgetCookieless implements JobHandler {
  constructor(
    private readonly salts: CookielessSalts,
    private readonly identity: CookielessIdentity,
  ) {}

  async handle(_payload: Record<string, unknown>, context: JobContext): Promise<void> {
    await context.run((scope) => this.salts.purge(scope));
    await context.run((scope) => this.identity.purgeSessions(scope));
  }
}
