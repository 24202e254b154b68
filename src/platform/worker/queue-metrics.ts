import { Injectable } from '@nestjs/common';
import { Database, statement } from '../database/index.js';
import { lanes } from '../jobs/index.js';
import { Metrics } from '../telemetry/metrics.js';
import { hasBeaten } from './heartbeat.js';

// graphile-worker's view of its jobs does not tell which of them are being run. Failed are those that no worker will
// try again.
const read = statement(
  'queue_metrics.read',
  `select count(*) filter (where locked_at is null and attempts < max_attempts and run_at <= now())::int as ready,
          count(*) filter (where locked_at is null and attempts < max_attempts and run_at > now())::int as scheduled,
          count(*) filter (where locked_at is not null)::int as running,
          count(*) filter (where locked_at is null and attempts >= max_attempts)::int as failed,
          coalesce(extract(epoch from now() - min(run_at)
            filter (where locked_at is null and attempts < max_attempts and run_at <= now())), 0)::float8 as age
     from graphile_worker._private_jobs`,
);
const readWorkers = statement(
  'queue_metrics.read_workers',
  `select lane, count(*)::int as count from worker_heartbeat
    where stopped_at is null and ${hasBeaten('seen_at')} group by lane`,
);

const states = ['ready', 'scheduled', 'running', 'failed'] as const;

interface QueueState extends Record<(typeof states)[number], number> {
  age: number;
}

/** Figures of the whole installation, which every process tells alike. */
@Injectable()
export class QueueMetrics {
  constructor(database: Database, metrics: Metrics) {
    const depth = metrics.gauge('queue_jobs', 'Jobs in the queue, of all processes.', ['state']);
    const age = metrics.gauge('queue_oldest_seconds', 'How long the oldest job that may run has waited.');
    const workers = metrics.gauge('workers', 'Workers that were seen within the last ten seconds.', ['lane']);
    const connections = metrics.gauge('db_connections', 'Connections of the pool.', ['state']);
    const waiting = metrics.gauge('db_waiting', 'Work that waits for a connection of the pool.', ['kind']);
    metrics.onScrape(() => {
      const pool = database.pool;
      connections.set({ state: 'in_use' }, pool.inUse);
      connections.set({ state: 'idle' }, pool.idle);
      for (const kind of ['call', 'job'] as const) waiting.set({ kind }, pool.waiting[kind]);
    });
    metrics.onScrape(async () => {
      // Until it is known again, nothing is better than what was true once.
      depth.reset();
      age.remove();
      workers.reset();
      const [state, seen] = await database.transaction({ readOnly: true }, (tx) =>
        Promise.all([tx.queryOne<QueueState>(read), tx.query<{ lane: string; count: number }>(readWorkers)]),
      );
      if (!state) return;
      for (const name of states) depth.set({ state: name }, state[name]);
      age.set(state.age);
      for (const lane of lanes) {
        // Without a lane: a worker of an earlier release, which runs all jobs.
        const ofLane = seen.filter((found) => found.lane === lane || found.lane === '');
        workers.set(
          { lane },
          ofLane.reduce((sum, { count }) => sum + count, 0),
        );
      }
    });
  }
}
