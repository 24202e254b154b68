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
