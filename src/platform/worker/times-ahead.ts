import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Clock } from '../clock/clock.js';
import { Database, notAhead, statement } from '../database/index.js';

const EVERY_MS = 60_000;
/** For so long after the database's clock was set back, a process may compute times by the former one. */
const FOLLOWED_AFTER_SECONDS = 20;

// What was enqueued by a clock that was ahead: what was to run at once, what has failed, and what may run early. The
// machine's clock, by which cron jobs are enqueued, may be ahead of the database's as well.
const recall = statement(
  'times_ahead.recall',
  `update graphile_worker._private_jobs set run_at = now(), updated_at = now()
    where locked_at is null and run_at > now()
      and (not (${notAhead('updated_at', 'now()')}) and (run_at <= updated_at or attempts > 0)
        or updated_at > now() + make_interval(secs => $2)
          and task_id = any (select id from graphile_worker._private_tasks where identifier = any ($1))
        or payload->'_cron' is not null and attempts = 0 and not (${notAhead('run_at', 'now()')}))`,
);
const forgetRuns = statement(
  'times_ahead.forget_runs',
  `update graphile_worker._private_known_crontabs set last_execution = now()
    where not (${notAhead('last_execution', 'now()')})`,
);

/**
 * Corrects what a clock that was ahead has left in the queue: jobs that would wait until the clock is there again, and
 * cron jobs that would not be enqueued until then.
 */
@Injectable()
export class TimesAhead {
  private timer: NodeJS.Timeout | undefined;
  private early: readonly string[] = [];

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly log: PinoLogger,
  ) {
    log.setContext('times-ahead');
  }

  /** `early`: tasks whose jobs may run before their time. */
  async start(early: readonly string[]): Promise<void> {
    this.early = early;
    this.clock.onSetBack(() => {
      this.log.warn('database clock was set back; jobs that it put off run now');
      void this.correct(-FOLLOWED_AFTER_SECONDS);
    });
    this.timer = setInterval(() => void this.correct(EVERY_MS / 1_000), EVERY_MS);
    await this.correct(EVERY_MS / 1_000);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** `aheadSeconds`: by how much what may run early was enqueued ahead of now, at least. */
  private async correct(aheadSeconds: number): Promise<void> {
    await this.database
      .transaction({}, async (tx) => {
        await tx.execute(recall, [this.early, aheadSeconds]);
        await tx.execute(forgetRuns);
      })
      // The next minute tries again.
      .catch((error: unknown) => this.log.warn({ err: error }, 'times ahead are not corrected'));
  }
}
