import { Client } from 'pg';
import type { Clock } from '../../src/platform/clock/clock.js';
import { eventually } from './eventually.js';
import type { TestDatabase } from './test-database.js';

/**
 * Moves the clock of a server, and with it what its jobs wait for. Both at one moment in which no job runs and none is
 * added: one that is added between the two would be moved twice, or not at all.
 */
export async function travel(database: TestDatabase, clock: Clock, milliseconds: number): Promise<void> {
  const client = new Client({ connectionString: database.ownerUrl });
  await client.connect();
  try {
    // Gives up before others that wait behind it are taken for a deadlock.
    await client.query(`set lock_timeout = '200ms'`);
    await eventually('no job runs', async () => {
      await client.query('begin');
      try {
        await client.query('lock table graphile_worker._private_jobs in exclusive mode');
        const running = 'select from graphile_worker._private_jobs where locked_at is not null';
        if ((await client.query(running)).rowCount) return false;
        await client.query(moveJobs, [milliseconds / 1000]);
        clock.travel(milliseconds);
        await client.query('commit');
        return true;
      } finally {
        // Nothing after a commit.
        await client.query('rollback');
      }
    });
  } finally {
    await client.end();
  }
}

/** One that is due stays so when the clock is set back: it waits for no time. */
const moveJobs = `update graphile_worker._private_jobs set run_at = run_at - make_interval(secs => $1::float8)
  where $1::float8 > 0 or run_at > clock_timestamp()`;
