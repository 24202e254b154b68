import { once } from 'node:events';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code, ConnectError } from '@connectrpc/connect';
import { defaultLimits } from '@dovecote/rpc';
import { EchoServer } from './support/echo-server.js';
import { envelope } from './support/raw.js';

const SERVICE = '/dovecote.test.v1.EchoService';
const SLOTS = defaultLimits.concurrentStreams;

const admission = {
  admit: () => {
    throw new ConnectError('too many', Code.ResourceExhausted);
  },
  turnAway: () => undefined,
};
const fast = new EchoServer({ admission });
const general = new EchoServer({ admission, unaryFastPath: false });
beforeAll(() => Promise.all([fast, general].map((server) => server.start())));
afterAll(() => Promise.all([fast, general].map((server) => server.stop())));

const requests = {
  'Connect JSON': { path: `${SERVICE}/Echo`, type: 'application/json', body: '{}' },
  'Connect binary': { path: `${SERVICE}/Echo`, type: 'application/proto', body: '' },
  'Connect streams': {
    path: `${SERVICE}/Count`,
    type: 'application/connect+proto',
    body: envelope(new Uint8Array()),
  },
  gRPC: { path: `${SERVICE}/Echo`, type: 'application/grpc', body: envelope(new Uint8Array()) },
  'gRPC-Web': {
    path: `${SERVICE}/Echo`,
    type: 'application/grpc-web+proto',
    body: envelope(new Uint8Array()),
  },
  'an unknown method': { path: `${SERVICE}/Nothing`, type: 'application/proto', body: '' },
};

/** A request whose body is not over yet. */
function open(session: ClientHttp2Session, path: string, type: string): ClientHttp2Stream {
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': type });
  stream.resume();
  return stream;
}

/** The server has read what was sent before, and an answer that it gave at once has arrived. */
function refusedByThen(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    session.ping((error) => (error ? reject(error) : resolve()));
  });
}

describe.each([
  ['served directly', () => fast],
  ["left to Connect's handlers", () => general],
])('over HTTP/2, %s:', (_how, server) => {
  test.each(Object.entries(requests))(
    '%s: a client that keeps to its slots has each of its calls answered',
    async (_name, { path, type, body }) => {
      const session = connect(server().url);
      await once(session, 'remoteSettings');
      // Refused by its header while its body is on the way; the others wait in the client for a slot.
      const early = Array.from({ length: SLOTS }, () => open(session, path, type));
      const queued = Array.from({ length: SLOTS }, () => open(session, path, type));
      const answers = [...early, ...queued].map(async (stream) => {
        await once(stream, 'response');
        if (!stream.readableEnded) await once(stream, 'end');
        return 'answered';
      });
      await refusedByThen(session);
      // One packet ends each body, and opens another stream in the place of one that is answered.
      for (const stream of [...early, ...queued]) stream.end(body);
      const outcomes = await Promise.allSettled(answers);
      session.destroy();
      const failures = outcomes.filter(({ status }) => status === 'rejected');
      expect(failures).toEqual([]);
    },
  );
});
