import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { Random } from '../fuzz/random.js';
import { eventually } from '../support/eventually.js';
import type { Chase } from './chase.js';
import type { DyingPostgres } from './dying-postgres.js';
import type { JumpingClock } from './jumping-clock.js';
import type { LossyPostgres } from './lossy-postgres.js';
import type { SmallDisk } from './small-disk.js';
import type { StatementPoints } from './statement-points.js';
import type { WorkerProcess, WorkerProcesses } from './worker-process.js';
import { wrongClock } from './wrong-clock.js';

/** Where faults happen. */
export interface Scene {
  readonly random: Random;
  readonly chase: Chase;
  readonly workers: WorkerProcesses;
  readonly postgres: DyingPostgres;
  readonly network: LossyPostgres;
  readonly points: StatementPoints;
  /** Undefined where PostgreSQL has the clock of the machine. */
  readonly clock?: JumpingClock;
  /** Undefined where PostgreSQL has the disk of the machine. */
  readonly disk?: SmallDisk;
  startWorker(env?: Record<string, string>): WorkerProcess;
}

type Fault = (scene: Scene, campaignId: string) => Promise<void>;
type Faults = Readonly<Record<string, Fault>>;

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

/** What may happen to a campaign anywhere. */
const everywhere: Faults = {
  'a worker is killed': async ({ workers, random }) => {
    await random.pick(workers.running).kill();
    await workers.declareDead();
  },
  'every worker is killed': async ({ workers }) => {
    await workers.killAll();
    await workers.declareDead();
  },
  'a worker is stopped in good order': async ({ workers, random }) => random.pick(workers.running).stop(),
  'a worker sleeps until another has taken over': async ({ workers, random }) => {
    const sleeper = random.pick(workers.running);
    sleeper.freeze();
    await workers.declareSilentDead();
    await workers.declareDead();
    await delay(random.int(200, 800));
    sleeper.thaw();
  },
  'a worker with a wrong clock takes the place of another': async ({ workers, random, startWorker }) => {
    await random.pick(workers.running).kill();
    startWorker(wrongClock(random.pick([-DAY, -20 * SECOND, 20 * SECOND, DAY])));
    await workers.declareDead();
  },
  'a connection of PostgreSQL is terminated': async ({ postgres }) => {
    await postgres.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where usename = 'dovecote_app' and datname = current_database() order by random() limit 1`,
    );
  },
  'all connections of PostgreSQL are terminated': async ({ postgres }) => {
    await postgres.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where pid <> pg_backend_pid() and datname = current_database()`,
    );
  },
  'PostgreSQL is restarted at once': ({ postgres }) => postgres.stopImmediately(),
  'all connections are cut': async ({ network }) => network.cutAll(),
  'the answer of a commit is lost': async ({ network }) => void (await network.loseNextCommit(3 * SECOND)),
  'the answer to a fetch is lost': async ({ network, workers }) => {
    if (await network.loseNextFetch(3 * SECOND)) await workers.ageLocks();
  },
  'the job is doubled': ({ chase }, campaignId) => chase.double(campaignId),
  'every worker is killed before or behind a statement': async ({ points, workers }) => {
    await points.stopNext(3 * SECOND);
    await workers.killAll();
    await workers.declareDead();
  },
  'the other system answers late': async ({ chase }) => chase.answerLate(),
  'the other system hangs': async ({ chase }) => chase.answerNext('late', 'endless', 'late'),
  'the other system flaps': async ({ chase }) => chase.answerNext('hangUp', 'error', 'hangUp', 'well'),
};

const withClock = (clock: JumpingClock): Faults => ({
  'the clock of PostgreSQL jumps': ({ random }) =>
    clock.set(random.pick([-DAY, -HOUR, -20 * SECOND, 0, 20 * SECOND, HOUR, DAY]) / SECOND),
});

const withDisk = (disk: SmallDisk): Faults => ({
  'the disk of PostgreSQL is full': async ({ postgres, random }) => {
    const { database } = postgres;
    await disk.shrink(random.int(512, 4_096));
    // It is: nothing larger than what is left can be written.
    const large = `create temp table large as select md5(n::text) from generate_series(1, 500000) n`;
    await expect(database.query(large)).rejects.toThrow();
    await delay(random.int(300, 2_000));
    disk.restore();
    await eventually('PostgreSQL answers', () => database.query('select'), 60 * SECOND);
  },
});

/** What may happen to the campaigns of the scene. */
export function faultsOf({ clock, disk }: Pick<Scene, 'clock' | 'disk'>): Faults {
  return { ...everywhere, ...(clock && withClock(clock)), ...(disk && withDisk(disk)) };
}

const WORKERS = 2;

/** Starts workers in the place of those that have died. */
export async function staff({ workers, startWorker }: Scene): Promise<void> {
  const missing = WORKERS - workers.running.length;
  if (missing <= 0) return;
  for (let n = 0; n < missing; n += 1) startWorker();
  await workers.atWork();
}

/** Faults have stopped: everyone acknowledges, and nothing of the campaign is left to do. */
export async function bringToItsEnd(scene: Scene, campaignId: string): Promise<void> {
  const { chase, workers } = scene;
  while (await chase.acknowledgeOne(campaignId));
  await staff(scene);
  await eventually(
    'the campaign is completed and nothing of it is left to do',
    async () => {
      await workers.declareSilentDead();
      await workers.hurry();
      await chase.hurry(campaignId);
      chase.answerLate();
      return (await chase.isCompleted(campaignId)) && !(await chase.hasJobs(campaignId));
    },
    200 * SECOND,
  );
}

/** Shows why a run has failed. */
export async function describeScene(
  { postgres, workers }: Scene,
  campaignId: string,
): Promise<Record<string, unknown>> {
  const { database } = postgres;
  const ask = (text: string, values: unknown[] = []): Promise<unknown> =>
    database.query(text, values).catch((error: unknown) => String(error));
  return {
    now: await ask('select now()'),
    run: await ask('select * from campaign_run where campaign_id = $1', [campaignId]),
    calls: await ask('select outcome, attempts, next_attempt_at from webhook_call where campaign_id = $1', [
      campaignId,
    ]),
    jobs: await ask(
      `select key, attempts, run_at, locked_at, locked_by, last_error from graphile_worker._private_jobs
        where locked_at is not null or run_at < now() + interval '1 hour'`,
    ),
    heartbeats: await ask('select * from worker_heartbeat where stopped_at is null'),
    statements: await ask(
      `select pid, state, wait_event_type, pg_blocking_pids(pid) as blocked_by, now() - query_start as since,
              left(query, 400) as query from pg_stat_activity where xact_start is not null and pid <> pg_backend_pid()`,
    ),
    lastWords: workers.lastWords,
    logs: workers.running.map(({ log }) => log.slice(-2_000)),
  };
}
