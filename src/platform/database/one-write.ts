import type { PoolClient } from 'pg';

/**
 * What is sent on the connection in this turn of the event loop leaves in one write: to Node a write costs as much as
 * all the rest of a small query.
 */
export function sendInOneWrite({ connection }: PoolClient): void {
  connection.stream.cork();
  process.nextTick(() => connection.stream.uncork());
}
