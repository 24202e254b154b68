import { type Database, statement } from '../database/index.js';
import { DEAD_AFTER_SECONDS } from './heartbeat.js';

const last = statement(
  'heartbeat.last',
  `select seen_at as "seenAt",
          stopped_at is null and seen_at > now() - make_interval(secs => ${DEAD_AFTER_SECONDS}) as "isAlive"
     from worker_heartbeat order by 2 desc, seen_at desc limit 1`,
);

/** Whether any worker is there; else since when none has been seen, or that none ever was. */
export type WorkerPresence = { isAlive: true } | { isAlive: false; lastSeenAt?: Date };

export async function workerPresence(database: Database): Promise<WorkerPresence> {
  const row = await database.transaction({ readOnly: true }, (tx) =>
    tx.queryOne<{ seenAt: Date; isAlive: boolean }>(last),
  );
  return row?.isAlive ? { isAlive: true } : { isAlive: false, lastSeenAt: row?.seenAt };
}

/** In words, for operators. */
export function describePresence(presence: WorkerPresence): string {
  if (presence.isAlive) return 'ok';
  const { lastSeenAt } = presence;
  return lastSeenAt ? `none seen since ${lastSeenAt.toISOString()}` : 'none seen yet';
}
