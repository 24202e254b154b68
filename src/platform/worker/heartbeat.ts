import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Database, notAhead, statement } from '../database/index.js';
import type { Lane } from '../jobs/index.js';
import type { JobsAtHand } from './jobs-at-hand.js';

const BEAT_MS = 2_000;
/** A worker that has not been seen for this long is dead, and its jobs go to another. */
const DEAD_AFTER_SECONDS = 10;
/** In SQL: a row that has beaten lately. One of a clock that was ahead and was set back says nothing. */
export const hasBeaten = (seenAt: string): string =>
  `${seenAt} > now() - make_interval(secs => ${DEAD_AFTER_SECONDS}) and ${notAhead(seenAt, 'now()')}`;

const beat = statement(
  'heartbeat.beat',
  `insert into worker_heartbeat (worker_id, lane, seen_at)
   select worker_id, lane, now() from unnest($1::text[], $2::text[]) as w (worker_id, lane)
   on conflict (worker_id) do update set seen_at = excluded.seen_at, stopped_at = null`,
);
// Keeps the row: it shows since when no worker has been running.
const end = statement(
  'heartbeat.end',
  `update worker_heartbeat set seen_at = now(), stopped_at = now() where worker_id = any($1)`,
);
// graphile-worker itself waits four hours before it considers a worker dead. A job of one that is alive may be lost, too: a
// fetch locks the job before its answer arrives, and when the connection is lost in between, no worker has it.
const findStale = statement(
  'heartbeat.find_stale',
  `select j.id, j.locked_by as "workerId", exists
            (select from worker_heartbeat h where h.worker_id = j.locked_by and h.stopped_at is null
                and ${hasBeaten('h.seen_at')}) as "isAlive"
     from graphile_worker._private_jobs j
    where j.locked_at is not null and not (${hasBeaten('j.locked_at')})`,
);
// The attempt does not count: a job that survives ten crashed workers must not wait for hours after its first own error.
// (graphile-worker's function to unlock a worker's jobs counts it, hence the direct update; named queues, which it would
// unlock too, are not used.) The job gets another id: a worker that is alive after all, and was only not heard, completes
// its job by the id, and would delete what was enqueued with the same key in between.
const release = statement(
  'heartbeat.release',
  `update graphile_worker._private_jobs j
      set id = default, locked_by = null, locked_at = null, run_at = greatest(j.run_at, now()), attempts = greatest(j.attempts - 1, 0)
     from unnest($1::bigint[], $2::text[]) as stale (id, worker_id)
    where j.id = stale.id and j.locked_by = stale.worker_id`,
);
const forgetDead = statement(
  'heartbeat.forget_dead',
  `delete from worker_heartbeat where seen_at < now() - interval '1 hour' and worker_id <> all($1)`,
);

interface StaleJob {
  readonly id: string;
  readonly workerId: string;
  readonly isAlive: boolean;
}

interface OwnWorker {
  readonly lane: Lane;
  readonly atHand: JobsAtHand;
}

/**
 * Reports the workers of this process as alive, one per lane; releases the jobs of dead ones, and those that a worker of this
 * process has locked and does not work on.
 */
@Injectable()
export class Heartbeat {
  private timer: NodeJS.Timeout | undefined;
  private readonly workers = new Map<string, OwnWorker>();
  /** The beats that are on their way. One that arrived behind the end of a worker would bring it back to life. */
  private beating: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly log: PinoLogger,
  ) {
    log.setContext('heartbeat');
  }

  async begin(workerId: string, lane: Lane, atHand: JobsAtHand): Promise<void> {
    this.workers.set(workerId, { lane, atHand });
    const missed = (error: unknown): void => this.log.warn({ err: error }, 'heartbeat missed');
    this.timer ??= setInterval(() => void this.tick().catch(missed), BEAT_MS);
    await this.tick().catch(missed);
  }

  /** Other workers take over the jobs of this one; the other lanes continue. */
  async end(workerId: string): Promise<void> {
    this.workers.delete(workerId);
    await this.declareEnded([workerId]);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    const workerIds = [...this.workers.keys()];
    this.workers.clear();
    if (workerIds.length > 0) await this.declareEnded(workerIds);
  }

  private async declareEnded(workerIds: readonly string[]): Promise<void> {
    await this.beating;
    await this.database.transaction({}, (tx) => tx.execute(end, [workerIds])).catch(() => undefined);
  }

  private tick(): Promise<void> {
    const beat = this.beat();
    this.beating = Promise.allSettled([this.beating, beat]);
    return beat;
  }

  private async beat(): Promise<void> {
    const workerIds = [...this.workers.keys()];
    const laneNames = [...this.workers.values()].map(({ lane }) => lane);
    const released = await this.database.transaction({}, async (tx) => {
      await tx.execute(beat, [workerIds, laneNames]);
      await tx.execute(forgetDead, [workerIds]);
      const abandoned = (await tx.query<StaleJob>(findStale)).filter((job) => this.isAbandoned(job));
      if (abandoned.length > 0)
        await tx.execute(release, [abandoned.map(({ id }) => id), abandoned.map(({ workerId }) => workerId)]);
      return abandoned;
    });
    const dead = new Set(released.filter(({ isAlive }) => !isAlive).map(({ workerId }) => workerId));
    for (const workerId of dead) this.log.warn({ workerId }, 'worker died; other workers take over its jobs');
    const lost = released.filter(({ isAlive }) => isAlive).map(({ id }) => id);
    if (lost.length > 0)
      this.log.warn({ jobIds: lost }, 'jobs were fetched over a connection that was lost; they run again');
    for (const { atHand } of this.workers.values()) atHand.forget(DEAD_AFTER_SECONDS * 1_000);
  }

  private isAbandoned({ id, workerId, isAlive }: StaleJob): boolean {
    const own = this.workers.get(workerId);
    return !isAlive || (own !== undefined && !own.atHand.has(id));
  }
}
