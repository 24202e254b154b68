import { runOnce } from 'graphile-worker';
import { Client, Pool, type QueryConfig } from 'pg';
import type { Effort } from '../support/effort.js';
import { median } from '../support/statistics.js';
import { withStores } from '../support/with-stores.js';

/** Ready jobs of a lane. */
export const BACKLOG = 200_000;
const FETCHES = 10;

/** A fetch of one job: milliseconds, and blocks of 8 KB that it reads. */
interface Fetch {
  readonly ms: number;
  readonly blocks: number;
}

export interface Fetched {
  readonly lane: string;
  readonly ours: Fetch;
  /** With the indexes of graphile-worker only. */
  readonly peer: Fetch;
}

/** Fetches of a lane while another has a backlog, which no worker runs. */
export function measureFetches({ passes }: Effort): Promise<Fetched[]> {
  return withStores(async ({ url }, owner) => {
    const fetch = await fetchOf(url, 'bench.idle');
    await owner.query(`insert into graphile_worker._private_tasks (identifier) values ('bench.busy')`);
    await enqueue(owner, 'bench.busy', '60 min');
    const idle = await measure(owner, fetch, passes);
    await enqueue(owner, 'bench.idle', '30 min');
    const behind = await measure(owner, fetch, passes);
    return [
      { lane: 'without jobs', ...idle },
      { lane: 'with as many jobs, all of them later', ...behind },
    ];
  });
}

/** What graphile-worker sends for a lane with one task. */
async function fetchOf(url: string, task: string): Promise<QueryConfig> {
  const sent: QueryConfig[] = [];
  class Recording extends Client {
    override query(...args: unknown[]) {
      const [first] = args as [QueryConfig | string];
      if (typeof first === 'object' && first.text.includes('skip locked')) sent.push(first);
      // The arguments are handed on as they are.
      return Reflect.apply(super.query, this, args);
    }
  }
  const pgPool = new Pool({ connectionString: url, max: 2, Client: Recording });
  pgPool.on('error', () => undefined);
  try {
    await runOnce({
      ...{ pgPool, taskList: { [task]: async () => undefined }, noHandleSignals: true },
      preset: { worker: { preparedStatements: false } },
    });
  } finally {
    await pgPool.end();
  }
  return sent[0]!;
}

/** A millisecond apart, from `ago` on. */
async function enqueue(owner: Client, task: string, ago: string): Promise<void> {
  await owner.query(
    `insert into graphile_worker._private_jobs (task_id, payload, run_at)
     select id, '{"orgId": "00000000-0000-0000-0000-000000000000"}', now() - $3::interval + make_interval(secs => n / 1000.0)
       from graphile_worker._private_tasks, generate_series(1, $2::int) n where identifier = $1`,
    [task, BACKLOG, ago],
  );
  await owner.query('vacuum analyze graphile_worker._private_jobs');
}

/** Interleaved, after a warm-up. Nothing stays fetched. */
async function measure(
  owner: Client,
  fetch: QueryConfig,
  passes: number,
): Promise<{ ours: Fetch; peer: Fetch }> {
  const ours: Fetch[] = [];
  const peer: Fetch[] = [];
  for (let pass = 0; pass <= passes; pass++) {
    for (const fetches of [ours, peer]) {
      await owner.query('begin');
      if (fetches === peer)
        await owner.query(
          'drop index graphile_worker.dovecote_jobs_by_task, graphile_worker.dovecote_jobs_by_time',
        );
      const found = await fetchRepeatedly(owner, fetch);
      if (pass > 0) fetches.push(...found);
      await owner.query('rollback');
    }
  }
  const medianOf = (fetches: readonly Fetch[]): Fetch => ({
    ms: median(fetches.map(({ ms }) => ms)),
    blocks: median(fetches.map(({ blocks }) => blocks)),
  });
  return { ours: medianOf(ours), peer: medianOf(peer) };
}

async function fetchRepeatedly(owner: Client, { text, values }: QueryConfig): Promise<Fetch[]> {
  const fetches: Fetch[] = [];
  for (let n = 0; n < FETCHES; n++) {
    await owner.query('savepoint before');
    const begin = performance.now();
    await owner.query(text, values);
    const ms = performance.now() - begin;
    await owner.query('rollback to savepoint before');
    const { rows } = await owner.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
      `explain (analyze, buffers, format json) ${text}`,
      values,
    );
    const plan = rows[0]!['QUERY PLAN'][0].Plan;
    fetches.push({ ms, blocks: (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0) });
    await owner.query('rollback to savepoint before');
  }
  return fetches;
}
