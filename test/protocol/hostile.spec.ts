import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectHttp2, constants, getPackedSettings } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { EchoRequestSchema } from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { EchoServer, until } from './support/echo-server.js';
import { frame, FrameType, headersBlock, PREFACE } from './support/http2-frames.js';
import { envelope, http1, rawSocket, readToEnd, readUntil } from './support/raw.js';

const ECHO = '/dovecote.test.v1.EchoService/Echo';
const JSON_TYPE = { 'Content-Type': 'application/json' };

const echo = new EchoServer();
const general = new EchoServer({ unaryFastPath: false });
// For clients that are slow on purpose: those of the other tests may be slow because the machine is.
const impatient = new EchoServer({
  limits: { peekTimeoutMs: 500, headersTimeoutMs: 1_000, requestIdleMs: 500, connectionIdleMs: 500 },
});
beforeAll(() => Promise.all([echo, general, impatient].map((server) => server.start())));
afterAll(() => Promise.all([echo, general, impatient].map((server) => server.stop())));

// Whatever came before: the next good request is answered, over either version of HTTP.
afterEach(async () => {
  const plain = await http1(echo.port, ECHO, JSON_TYPE, '{"text":"still here"}');
  expect(JSON.parse(plain.body.toString())).toEqual({ text: 'still here' });
  const session = connectHttp2(echo.url);
  const stream = session.request({ ':method': 'POST', ':path': ECHO, 'content-type': 'application/json' });
  stream.end('{}');
  const [headers] = await once(stream, 'response');
  expect(headers[':status']).toBe(200);
  session.destroy();
});

describe('a connection that', () => {
  test('sends the HTTP/2 preface byte by byte is served', async () => {
    const socket = await rawSocket(echo.port);
    for (const byte of PREFACE) {
      socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    socket.write(frame(FrameType.settings, 0, 0));
    const [data] = await once(socket, 'data');
    expect(data[3]).toBe(FrameType.settings);
    socket.destroy();
  });

  test('begins with "P" alone and goes on as POST is served', async () => {
    const socket = await rawSocket(echo.port);
    socket.write('P');
    await new Promise(setImmediate);
    socket.write(
      `OST ${ECHO} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
    );
    expect(await readUntil(socket, '{}')).toContain('HTTP/1.1 200');
    socket.destroy();
  });

  test('stays silent, or stops within the preface, is closed', async () => {
    const silent = await rawSocket(impatient.port);
    const partial = await rawSocket(impatient.port);
    partial.write('PRI * HT');
    expect(await Promise.all([readToEnd(silent), readToEnd(partial)])).toEqual(['', '']);
  });

  test('dribbles its headers is closed', async () => {
    const socket = await rawSocket(impatient.port);
    socket.write('GET / HTTP/1.1\r\nHost:');
    expect(await readToEnd(socket)).toContain('HTTP/1.1 408');
  });

  test('sends random bytes is closed', async () => {
    const socket = await rawSocket(echo.port);
    socket.write(Buffer.concat([Buffer.from([0xff]), randomBytes(10_000)]));
    expect(await readToEnd(socket)).toContain('HTTP/1.1 400');
  });

  test('sends random bytes after the preface is closed', async () => {
    const socket = await rawSocket(echo.port);
    socket.write(Buffer.concat([PREFACE, Buffer.alloc(4096, 0xff)]));
    await readToEnd(socket);
  });
});

describe('a request with', () => {
  test('headers over the limit is refused over HTTP/1.1', async () => {
    const response = await http1(echo.port, ECHO, { ...JSON_TYPE, 'x-large': 'x'.repeat(17_000) }, '{}');
    expect(response.status).toBe(431);
  });

  test('headers over the limit is refused over HTTP/2', async () => {
    const session = connectHttp2(echo.url);
    const stream = session.request({ ':method': 'POST', ':path': ECHO, 'x-large': 'x'.repeat(17_000) });
    stream.end();
    const outcome = await Promise.race([
      once(stream, 'response').then(([headers]) => headers[':status']),
      once(stream, 'error').then(([error]) => error.code),
    ]);
    expect([431, 'ERR_HTTP2_STREAM_ERROR']).toContain(outcome);
    session.destroy();
  });

  test('a body that stalls is answered and cut', async () => {
    const socket = await rawSocket(impatient.port);
    socket.write(
      `POST ${ECHO} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
    );
    const answer = await readToEnd(socket);
    expect(answer).toContain('"deadline_exceeded"');
    expect(answer).toMatch(/Connection: close/i);
  });

  test('a body that never ends is answered', async () => {
    const socket = await rawSocket(echo.port);
    socket.write(
      `POST ${ECHO} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`;
    const flood = async (): Promise<void> => {
      while (!socket.destroyed) if (!socket.write(chunk)) await drainedOrClosed(socket);
    };
    void flood();
    expect(await readUntil(socket, 'resource_exhausted')).toContain('HTTP/1.1 429');
    socket.destroy();
  });

  test.each([
    ['served directly', () => echo],
    ["left to Connect's handlers", () => general],
  ])('a body far over the limit has an answer that no reset overtakes, %s', async (_name, server) => {
    const socket = connect({ port: server().port, host: '127.0.0.1', allowHalfOpen: true });
    const errors: Error[] = [];
    socket.on('error', (error) => errors.push(error));
    const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`;
    socket.write(
      `POST ${ECHO} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    // The limit once to be refused, and once more to be no longer waited for.
    socket.write(chunk.repeat(10));
    await readUntil(socket, 'resource_exhausted');
    const before = server().calls.length;
    const another = `POST ${ECHO} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`;
    for (const text of [chunk.repeat(20), `0\r\n\r\n${another}`])
      await new Promise((resolve) => socket.write(text, resolve));
    socket.end();
    expect(await readToEnd(socket)).not.toContain('HTTP/1.1');
    expect(errors).toEqual([]);
    expect(server().calls.length).toBe(before);
  });

  test('a large body in tiny pieces is served', async () => {
    const session = connectHttp2(echo.url);
    const stream = session.request({ ':method': 'POST', ':path': ECHO, 'content-type': 'application/grpc' });
    const message = envelope(
      toBinary(EchoRequestSchema, create(EchoRequestSchema, { data: new Uint8Array(20_000) })),
    );
    for (const byte of message) stream.write(Buffer.from([byte]));
    stream.end();
    stream.resume();
    const [trailers] = await once(stream, 'trailers');
    expect(trailers['grpc-status']).toBe('0');
    session.destroy();
  });

  test('a bomb in it is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const response = await http1(
      echo.port,
      ECHO,
      { 'Content-Type': 'application/proto', 'Content-Encoding': 'gzip' },
      bomb,
    );
    expect(response.status).toBe(429);
  });
});

describe('an HTTP/2 flood of', () => {
  /** Writes the frames again and again until the server ends the connection. */
  async function flood(frames: (round: number) => Buffer): Promise<Socket> {
    const socket = await rawSocket(echo.port);
    socket.resume();
    socket.write(Buffer.concat([PREFACE, frame(FrameType.settings, 0, 0)]));
    for (let round = 0; !socket.destroyed; round++) {
      if (!socket.write(frames(round))) await drainedOrClosed(socket);
      await new Promise(setImmediate);
    }
    return socket;
  }

  const repeated = (bytes: Buffer): Buffer => Buffer.concat(Array<Buffer>(100).fill(bytes));

  test('rapid resets ends its connection', async () => {
    const before = echo.calls.length;
    await flood((round) => {
      const frames: Buffer[] = [];
      for (let i = 0; i < 50; i++) {
        const stream = (round * 50 + i) * 2 + 1;
        frames.push(frame(FrameType.headers, 0x4, stream, headersBlock(ECHO)));
        frames.push(frame(FrameType.rstStream, 0, stream, Buffer.from([0, 0, 0, 8])));
      }
      return Buffer.concat(frames);
    });
    expect(echo.calls.length).toBe(before);
  });

  test('pings whose answers are read is survived', async () => {
    const socket = await rawSocket(echo.port);
    socket.resume();
    socket.write(Buffer.concat([PREFACE, frame(FrameType.settings, 0, 0)]));
    const ping = frame(FrameType.ping, 0, 0, Buffer.alloc(8));
    for (let round = 0; round < 500 && !socket.destroyed; round++) {
      if (!socket.write(repeated(ping))) await drainedOrClosed(socket);
    }
    socket.destroy();
  });

  test('CONTINUATION frames ends its connection', async () => {
    await flood((round) =>
      round === 0
        ? frame(FrameType.headers, 0, 1, headersBlock(ECHO))
        : repeated(frame(FrameType.continuation, 0, 1, Buffer.from([0x00, 0x01, 0x61, 0x01, 0x62]))),
    );
  });

  test('header fields ends its stream or connection', async () => {
    const field = Buffer.from([0x00, 0x01, 0x61, 0x01, 0x62]);
    const session = await rawSocket(echo.port);
    session.write(Buffer.concat([PREFACE, frame(FrameType.settings, 0, 0)]));
    const block = Buffer.concat([headersBlock(ECHO), Buffer.concat(Array<Buffer>(2_000).fill(field))]);
    session.write(frame(FrameType.headers, 0x5, 1, block));
    await until(async () => {
      const [chunk] = await once(session, 'data');
      return chunk.includes(
        frame(FrameType.rstStream, 0, 1, errorCode(constants.NGHTTP2_ENHANCE_YOUR_CALM)).subarray(3),
      );
    });
    session.destroy();
  });

  test.each([
    ['pings', frame(FrameType.ping, 0, 0, Buffer.alloc(8))],
    ['settings', frame(FrameType.settings, 0, 0, getPackedSettings({ initialWindowSize: 100 }))],
  ])('%s whose answers nobody reads ends its connection', async (_name, bytes) => {
    const socket = await rawSocket(echo.port);
    socket.pause();
    socket.write(Buffer.concat([PREFACE, frame(FrameType.settings, 0, 0)]));
    // Large bursts: small ones are answered into the kernel's buffers first, which takes a while to fill.
    const burst = Buffer.concat(Array<Buffer>(20_000).fill(bytes));
    while (!socket.destroyed) if (!socket.write(burst)) await drainedOrClosed(socket);
  });
});

function drainedOrClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      socket.off('drain', finish);
      socket.off('close', finish);
      resolve();
    };
    socket.on('drain', finish);
    socket.on('close', finish);
    if (socket.destroyed) finish();
  });
}

function errorCode(code: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(code);
  return bytes;
}
