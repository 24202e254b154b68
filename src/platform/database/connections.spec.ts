import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Pool, type PoolClient } from 'pg';
import { type Borrower, Connections, type LentConnection } from './connections.js';

/** What Connections uses of a pool: a size, and connections without end. */
function poolOf(max: number): Pool {
  const connect = (lend: (error: undefined, client: PoolClient) => void) =>
    // The classes of pg have some thirty members more.
    lend(undefined, Object.assign(new EventEmitter(), { release: () => undefined }) as unknown as PoolClient);
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

test('an organization that is alone uses all connections but the one for second ones, its jobs and look-ups beside it', async () => {
  const connections = new Connections(poolOf(8));
  await borrowing(connections, { kind: 'call' }, 1);
  await borrowing(connections, { kind: 'job', orgId: 'loud' }, 1);
  expect(await borrowing(connections, { kind: 'call', orgId: 'loud' }, 20)).toHaveLength(5);
  expect(connections.usage.waiting).toEqual({ call: 15, job: 0 });
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
  expect(await borrowing(connections, { kind: 'call' }, 20)).toHaveLength(5);
});

test('calls that hold all connections and need a second one get it, one after the other', async () => {
  const connections = new Connections(poolOf(4));
  await borrowing(connections, { kind: 'call', orgId: 'a' }, 20);
  const seconds = await borrowing(connections, { kind: 'call', orgId: 'a', isSecond: true }, 3);
  for (const got of [1, 2, 3]) {
    expect(seconds).toHaveLength(got);
    seconds.at(-1)?.giveBack();
    await settled();
  }
  expect(connections.usage.waiting.call).toBe(17);
});

test('a second connection is one of the others while there are some', async () => {
  const connections = new Connections(poolOf(4));
  await borrowing(connections, { kind: 'call', orgId: 'a' }, 1);
  expect(await borrowing(connections, { kind: 'call', orgId: 'a', isSecond: true }, 4)).toHaveLength(3);
});

/** A message of PostgreSQL: its letter and its content. */
function message(letter: string, content: string | number[]): Buffer {
  const bytes = Buffer.from(content as string);
  const head = Buffer.from([letter.charCodeAt(0), 0, 0, 0, 0]);
  head.writeUInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}

test('a connection that is cut in the moment in which it is ready does not end the process', async () => {
  const [welcome, ready] = [message('R', [0, 0, 0, 0]), message('Z', 'I')];
  const cut = message('E', 'SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0');
  const server = createServer((socket) => {
    socket.once('data', () => socket.end(Buffer.concat([welcome, ready, cut])));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const pool = new Pool({ host: '127.0.0.1', port, user: 'x', password: 'x', database: 'x', ssl: false });
  const lent = await new Connections(pool).borrow({ kind: 'call' });
  await expect(lent.client.query('select 1')).rejects.toThrow();
  lent.giveBack();
  await pool.end();
  server.close();
});
