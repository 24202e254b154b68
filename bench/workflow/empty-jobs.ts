import { randomBytes } from 'node:crypto';
import { Logger, parseCronItems, run, runMigrations } from 'graphile-worker';
import { Client } from 'pg';

/** As many at once as a worker of the product runs. */
const AT_ONCE = 10;
const PIECE = 1_000;
/** A line for each job would cost more than the job. */
const logger = new Logger(() => () => undefined);

/**
 * Seconds in which graphile-worker, alone in a database, runs so many jobs that do nothing. In that of the product the
 * workers would stop when a queue beside theirs is migrated. The database ends with its server.
 */
export async function runEmptyJobs(owner: Client, ownerUrl: string, count: number): Promise<number> {
  const database = `empty_jobs_${randomBytes(4).toString('hex')}`;
  await owner.query(`create database ${database}`);
  const url = new URL(ownerUrl);
  url.pathname = `/${database}`;
  await enqueue(url.href, count);
  return untilAllHaveRun(url.href, count);
}

/** In pieces: what one transaction enqueues costs the square of its number. */
async function enqueue(connectionString: string, count: number): Promise<void> {
  await runMigrations({ connectionString, logger });
  const client = new Client(connectionString);
  await client.connect();
  for (let done = 0; done < count; done += PIECE)
    await client.query(
      `select count(graphile_worker.add_job('empty', json_build_object('recipient', n))) from generate_series(1, $1::int) n`,
      [Math.min(PIECE, count - done)],
    );
  await client.query('vacuum analyze');
  await client.end();
}

async function untilAllHaveRun(connectionString: string, count: number): Promise<number> {
  const { promise: all, resolve } = Promise.withResolvers<void>();
  let left = count;
  const begin = performance.now();
  const runner = await run({
    connectionString,
    concurrency: AT_ONCE,
    noHandleSignals: true,
    logger,
    taskList: {
      empty: () => {
        left -= 1;
        if (left === 0) resolve();
      },
    },
    parsedCronItems: parseCronItems([]),
  });
  await all;
  const seconds = (performance.now() - begin) / 1000;
  await runner.stop();
  return seconds;
}
