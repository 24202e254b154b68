import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { CountRequestSchema } from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { EchoServer, until } from './support/echo-server.js';
import { envelope, rawSocket } from './support/raw.js';

const PATH = '/dovecote.test.v1.EchoService/Count';
const MESSAGES = 10_000;
const REQUEST = envelope(
  toBinary(
    CountRequestSchema,
    create(CountRequestSchema, { to: MESSAGES, payload: new Uint8Array(64 * 1024) }),
  ),
);

const echo = new EchoServer();
beforeAll(() => echo.start());
afterAll(() => echo.stop());

/** Waits until the transport has stopped asking the handler for more. */
async function settledPulls(): Promise<number> {
  for (let last = -1, quiet = 0; ;) {
    await nextTurn();
    quiet = echo.pulled === last ? quiet + 1 : 0;
    last = echo.pulled;
    if (last > 0 && quiet > 200) return last;
  }
}

test('a reader over HTTP/2 that opens no window stops the handler', async () => {
  echo.pulled = 0;
  const session = connectHttp2(echo.url, { settings: { initialWindowSize: 1024 } });
  const stream = session.request({ ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc' });
  stream.end(REQUEST);
  await once(stream, 'response');
  const pulled = await settledPulls();
  // Two or three messages of 64 KiB fit into the buffers on the way.
  expect(pulled).toBeLessThan(20);

  stream.resume();
  await until(() => echo.pulled > pulled + 100);
  session.destroy();
  await until(() => echo.ended === 1);
});

test('a reader over HTTP/1.1 that does not read stops the handler', async () => {
  echo.pulled = 0;
  const { ended } = echo;
  const socket = await rawSocket(echo.port);
  socket.pause();
  socket.write(
    `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: ${REQUEST.length}\r\n\r\n`,
  );
  socket.write(REQUEST);
  const pulled = await settledPulls();
  // The kernel's socket buffers hold a few megabytes at most.
  expect(pulled).toBeLessThan(MESSAGES / 10);
  socket.destroy();
  await until(() => echo.ended === ended + 1);
});

test('a reader who never comes back is cut off', async () => {
  const impatient = await new EchoServer({ limits: { responseIdleMs: 50 } }).start();
  const session = connectHttp2(impatient.url, { settings: { initialWindowSize: 1024 } });
  const stream = session.request({ ':method': 'POST', ':path': PATH, 'content-type': 'application/grpc' });
  stream.end(REQUEST);
  await until(() => impatient.ended === 1);
  session.destroy();
  await impatient.stop();
});
