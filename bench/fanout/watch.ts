import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { residentMiB } from '../support/process-usage.js';

const PAUSE_MS = 50;

/** The worst that was seen while something ran. */
export interface Seen {
  /** Resident memory of the server process. */
  memoryMiB: number;
  /** Of a statement of the server that was running at the time of a look. */
  longestStatementMs: number;
}

/** Looks at the server and its statements until `work` is done. */
export async function watch<T>(
  pid: number,
  owner: Client,
  work: () => Promise<T>,
): Promise<{ result: T; seen: Seen }> {
  const seen: Seen = { memoryMiB: residentMiB(pid), longestStatementMs: 0 };
  let done = false;
  const looking = (async () => {
    while (!done) {
      seen.memoryMiB = Math.max(seen.memoryMiB, residentMiB(pid));
      seen.longestStatementMs = Math.max(seen.longestStatementMs, await longestRunning(owner));
      await delay(PAUSE_MS);
    }
  })();
  try {
    return { result: await work(), seen };
  } finally {
    done = true;
    await looking;
  }
}

async function longestRunning(owner: Client): Promise<number> {
  const { rows } = await owner.query<{ ms: number | null }>(
    `select (extract(epoch from max(clock_timestamp() - query_start)) * 1000)::float8 as ms from pg_stat_activity
      where usename = 'dovecote_app' and state = 'active' and query not like 'listen%'`,
  );
  return rows[0]?.ms ?? 0;
}
