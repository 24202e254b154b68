import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Pool } from 'pg';
import { type Borrower, Connections, type LentConnection } from './connections.js';

/** What Connections uses of a pool: a size, and connections without end. */
function poolOf(max: number): Pool {
  const connect = () => Promise.resolve(Object.assign(new EventEmitter(), { release: () => undefined }));
  // The class of pg has some thirty members more.
  return { options: { max }, totalCount: 0, idleCount: 0, connect } as unknown as Pool;
}

let ended: AbortController;
beforeEach(() => {
  ended = new AbortController();
});
// Those that still wait.
afterEach(() => ended.abort());

/** Borrows so often and collects what is lent. */
async function borrowing(connections: Connections, borrower: Borrower, times: number) {
  const lent: LentConnection[] = [];
  for (let n = 0; n < times; n += 1)
    connections.borrow(borrower, ended.signal).then(
      (connection) => lent.push(connection),
      () => undefined,
    );
  await settled();
  return lent;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('an organization that is alone uses the whole pool, its jobs and look-ups beside it', async () => {
  const connections = new Connections(poolOf(8));
  await borrowing(connections, { kind: 'call' }, 1);
  await borrowing(connections, { kind: 'job', orgId: 'loud' }, 1);
  expect(await borrowing(connections, { kind: 'call', orgId: 'loud' }, 20)).toHaveLength(6);
  expect(connections.usage.waiting).toEqual({ call: 14, job: 0 });
});

test('beside an active neighbour it uses a quarter, and the neighbour waits for none of it', async () => {
  const connections = new Connections(poolOf(12));
  const quiet = await borrowing(connections, { kind: 'call', orgId: 'quiet' }, 1);
  const loud = await borrowing(connections, { kind: 'call', orgId: 'loud' }, 20);
  expect([quiet.length, loud.length]).toEqual([1, 3]);
  expect(await borrowing(connections, { kind: 'call', orgId: 'quiet' }, 1)).toHaveLength(1);
  loud[0]!.giveBack(); // it has three
  await settled();
  expect([loud.length, connections.usage.waiting.call]).toEqual([4, 16]);
});

test('look-ups whose organization is not known yet have no share', async () => {
  const connections = new Connections(poolOf(8));
  await borrowing(connections, { kind: 'call', orgId: 'a' }, 1);
  await borrowing(connections, { kind: 'call', orgId: 'b' }, 1);
  expect(await borrowing(connections, { kind: 'call' }, 20)).toHaveLength(6);
});
