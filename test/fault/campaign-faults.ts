import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../fuzz/random.js';
import type { Chase } from './chase.js';
import type { DyingPostgres } from './dying-postgres.js';
import type { LossyPostgres } from './lossy-postgres.js';
import type { WorkerProcess, WorkerProcesses } from './worker-process.js';
import { wrongClock } from './wrong-clock.js';

/** Where faults happen. */
export interface Scene {
  readonly random: Random;
  readonly chase: Chase;
  readonly workers: WorkerProcesses;
  readonly postgres: DyingPostgres;
  readonly network: LossyPostgres;
  startWorker(env?: Record<string, string>): WorkerProcess;
}

type Fault = (scene: Scene, campaignId: string) => Promise<void>;

const SECOND = 1_000;
const DAY = 24 * 3_600 * SECOND;

/** What may happen to a campaign. */
export const faults: Readonly<Record<string, Fault>> = {
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
  'the job is doubled': ({ chase }, campaignId) => chase.double(campaignId),
  'the other system answers late': async ({ chase }) => chase.answerLate(),
};
