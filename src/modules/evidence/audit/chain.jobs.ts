import { Injectable } from '@nestjs/common';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { AuditChain } from './chain.service.js';

/** Chains what has happened in the last minute, one organization after the other. */
@Injectable()
@HandlesJob({ task: { name: 'audit.chain', lane: 'background', priority: 'high' }, cron: '* * * * *' })
export class ExtendChains implements JobHandler {
  constructor(private readonly chain: AuditChain) {}

  async handle(_payload: Record<string, unknown>, { run, signal }: JobContext): Promise<void> {
    const organizations = await run((scope) => this.chain.waiting(scope));
    for (const orgId of organizations) {
      const extend = (scope: Scope): Promise<boolean> => {
        scope.adopt(orgId);
        return this.chain.extend(scope);
      };
      // What is left when the worker stops is found by the next run.
      while (!signal.aborted && !(await run(extend)));
    }
  }
}
