import { Injectable } from '@nestjs/common';
import type { StatementOwner } from '../../../platform/analytics-store/index.js';
import { FairQueue } from '../../../platform/fair-queue/fair-queue.js';
import { AnalyticsVersions } from '../project/index.js';
import { KeptAnswers } from './kept-answers.js';
import { SharedWork } from './shared-work.js';
import { cancelledCall, refuseLongWait } from './turns.rules.js';

/** Questions that run at once in this process, and those of one organization: its slow ones never hold every place. */
const RUNNING = 4;
const RUNNING_OF_ONE = 3;
/** Questions that wait. The first page of a dashboard asks 26 at once. */
const waitingLimits = { all: 1_000, ofOne: 100 };

/** The caller who asks, and the project. A scope of a call in a project is one. */
export interface Asker extends StatementOwner {
  now(): Date;
  readonly holdsConnection?: boolean;
}

/**
 * Has the questions of calls answered, in turn between organizations: so many at once, and equal questions of a project that
 * are asked within a second of each other once. A question ends when the last caller who waits for it has left.
 * An answer is kept for a minute at most, and given again only as long as nothing of the project has changed in the
 * analytics store, whichever process changed it.
 */
@Injectable()
export class Questions {
  private readonly queue = new FairQueue({
    slots: RUNNING,
    shareOf: () => RUNNING_OF_ONE,
    patienceMs: Infinity,
  });
  private readonly work = new SharedWork();
  private readonly kept = new KeptAnswers();

  constructor(private readonly versions: AnalyticsVersions) {}

  /**
   * The answer to a question about the asker's project, which is all that `answer` may depend on: equal questions have one
   * answer. Throws what `answer` throws, and RESOURCE_EXHAUSTED (`ANALYTICS_QUEUE_FULL`) when too many questions wait.
   */
  async ask<T>(
    asker: Asker,
    question: readonly unknown[],
    answer: (owner: StatementOwner) => Promise<T>,
  ): Promise<T> {
    const { orgId, project, requestId } = asker;
    const key = JSON.stringify([project.number, question], withEveryNumber);
    const now = () => asker.now().getTime();
    // Before the store is asked: what changes from here on makes another version.
    const version = await this.versions.current(asker);
    const known = this.kept.find(key, version, now());
    // The key says what the question is, and so the type of its answer.
    if (known !== undefined) return known as T;
    return this.work.join(`${version} ${key}`, { signal: asker.signal, now }, (signal, started) =>
      this.inTurn(orgId, signal, async () => {
        started();
        const answered = await answer({ orgId, project, requestId, signal });
        this.kept.keep(key, version, { answer: answered, now: now() });
        return answered;
      }),
    );
  }

  private async inTurn<T>(orgId: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    if (!this.queue.tryAcquire(orgId)) {
      const waiting = { all: this.queue.waiting(), ofOne: this.queue.waiting((party) => party === orgId) };
      const refusal = refuseLongWait(waiting, waitingLimits);
      if (refusal) throw refusal;
      await this.queue.acquire(orgId, signal).catch(() => Promise.reject(cancelledCall()));
    }
    try {
      return await work();
    } finally {
      this.queue.release(orgId);
    }
  }
}

/** JSON has no infinite numbers, and would make them equal. */
function withEveryNumber(_: string, part: unknown): unknown {
  return typeof part === 'number' && !Number.isFinite(part) ? String(part) : part;
}
