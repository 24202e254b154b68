import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { httpVersionOf, peekHttpVersion } from './preface.js';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

test.each([
  ['', undefined],
  ['P', undefined],
  ['PO', 'http1'],
  ['PRI', undefined],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r', undefined],
  ['PRI * HTTP/1.1\r\n', 'http1'],
  ['GET / HTTP/1.1\r\n', 'http1'],
  ['\0', 'http1'],
  [PREFACE, 'http2'],
  [`${PREFACE}\0\0\0`, 'http2'],
])('%j is %s', (start, version) => {
  expect(httpVersionOf(Buffer.from(start, 'latin1'))).toBe(version);
});

describe('a connection', () => {
  const server = createServer({ pauseOnConnect: true });
  let client: Socket;
  let socket: Socket;

  beforeEach(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    [socket] = await once(server, 'connection');
  });
  afterEach(async () => {
    client.destroy();
    socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  const patience = { idleMs: 5, startMs: 5 };
  const found = (limits = patience): Promise<string> =>
    new Promise((resolve) => {
      socket.once('close', () => resolve('closed'));
      peekHttpVersion(socket, limits, resolve);
      socket.resume();
    });

  test('that stays silent is closed', async () => {
    expect(await found()).toBe('closed');
  });

  test('that stops within the preface is closed, however long it may be silent', async () => {
    await written('PRI * HT');
    expect(await found({ idleMs: 60_000, startMs: 5 })).toBe('closed');
  });

  test('may be silent for longer than it may take to begin', async () => {
    const version = found({ idleMs: 60_000, startMs: 0 });
    await nextTurn();
    await written('GET / HTTP/1.1\r\n');
    expect(await version).toBe('http1');
  });

  test('whose bytes came in time is served, also when nobody could look until it was late', async () => {
    await written('GET / HTTP/1.1\r\n');
    // Timers are next, and sockets are read after them.
    await nextTurn();
    const version = found();
    block(50);
    expect(await version).toBe('http1');
  });

  function written(text: string): Promise<void> {
    return new Promise((resolve) => client.write(text, () => resolve()));
  }
});

/** Holds the whole process up. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
