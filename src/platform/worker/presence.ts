import { type Database, statement } from '../database/index.js';
import { lanes } from '../jobs/index.js';
import { hasBeaten } from './heartbeat.js';
import { type DeadLane, deadLanes, describeLanes, type SeenLane } from './presence.rules.js';

const read = statement(
  'heartbeat.lanes',
  `select lane, max(seen_at) as "seenAt",
          bool_or(stopped_at is null and ${hasBeaten('seen_at')}) as "isAlive"
     from worker_heartbeat group by lane`,
);

// A worker has a row for each lane; one of an earlier release has one in all.
const count = statement(
  'heartbeat.workers',
  `select coalesce(max(count), 0)::int as count from (
     select count(*) as count from worker_heartbeat
      where stopped_at is null and ${hasBeaten('seen_at')}
      group by lane) lanes`,
);

/** Processes of the installation that run jobs. */
export async function countWorkers(database: Database): Promise<number> {
  const row = await database.transaction({ readOnly: true }, (tx) => tx.queryOne<{ count: number }>(count));
  return row?.count ?? 0;
}

/** Which lanes no worker of the installation runs. */
export async function findDeadLanes(database: Database): Promise<readonly DeadLane[]> {
  const seen = await database.transaction({ readOnly: true }, (tx) => tx.query<SeenLane>(read));
  return deadLanes(lanes, seen);
}

/** Whether no worker has been seen yet: an installation that has just been made. */
export function isFresh(dead: readonly DeadLane[]): boolean {
  return dead.length === lanes.length && dead.every(({ lastSeenAt }) => lastSeenAt === undefined);
}

/** In words, for operators; `ok` when there are none. */
export function describeDeadLanes(dead: readonly DeadLane[]): string {
  return describeLanes(lanes, dead);
}
