import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { HandlesJob, type JobContext, type JobHandler } from '../../../platform/worker/index.js';
import { confirmTask, eraseTask, forgetTask } from './erasure.js';
import { errorText, isGivenUp } from './erasure.rules.js';
import { ErasureRun } from './erasure-run.js';
import { ErasureStore } from './erasure.store.js';

interface Payload extends Record<string, unknown> {
  readonly requestId: string;
}

/** Erases a person; a run that fails is repeated after ever longer pauses. */
@Injectable()
@HandlesJob({ task: eraseTask })
export class EraseDataSubject implements JobHandler<Payload> {
  constructor(
    private readonly store: ErasureStore,
    private readonly run: ErasureRun,
    private readonly log: PinoLogger,
  ) {
    log.setContext('erasure');
  }

  async handle({ requestId }: Payload, context: JobContext): Promise<void> {
    const erasure = await context.run((scope) => this.store.begin(scope, requestId));
    if (!erasure) return;
    try {
      await this.run.erase(erasure, orgIdOf(context), context);
    } catch (error) {
      if (context.signal.aborted) throw error;
      const givesUp = isGivenUp(erasure.attempts);
      this.log.error({ err: error, requestId, givesUp }, 'person cannot be erased');
      await context.run((scope) => this.store.noteError(scope, requestId, errorText(error), givesUp));
      if (!givesUp) throw error;
    }
  }
}

/** Repeats the deletion for writes of a killed process that arrived late, and forgets the ids. */
@Injectable()
@HandlesJob({ task: confirmTask })
export class ConfirmErasure implements JobHandler<Payload> {
  constructor(private readonly run: ErasureRun) {}

  async handle({ requestId }: Payload, context: JobContext): Promise<void> {
    await this.run.confirm(requestId, orgIdOf(context), context);
  }
}

/** Forgets whom an entry of the ledger was about. */
@Injectable()
@HandlesJob({ task: forgetTask })
export class ForgetNamesOfErasure implements JobHandler<Payload> {
  constructor(private readonly store: ErasureStore) {}

  async handle({ requestId }: Payload, { run }: JobContext): Promise<void> {
    await run((scope) => this.store.forgetNames(scope, requestId));
  }
}

function orgIdOf({ orgId }: JobContext): string {
  if (orgId === undefined) throw new Error('An erasure belongs to an organization.');
  return orgId;
}
