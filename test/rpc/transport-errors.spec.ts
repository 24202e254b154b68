import { once } from 'node:events';
import { connect as connectHttp2, constants, type ClientHttp2Stream } from 'node:http2';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema, RequestInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { ServerReflectionRequestSchema } from '@dovecote/contract/grpc/reflection/v1/reflection_pb';
import { RoleService, UpdateRoleRequestSchema } from '@dovecote/contract/pidgr/v1/role_pb';
import type { RpcServer } from '@dovecote/rpc';
import { Client } from 'pg';
import { validate as isUuid } from 'uuid';
import { ConnectStrategy } from '../../src/platform/rpc/connect.strategy.js';
import { envelope } from '../protocol/support/raw.js';
import { type RawCall, rawError, rawProtocols } from '../protocol/support/raw-rpc.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const MiB = 1024 * 1024;
const listRoles = '/pidgr.v1.RoleService/ListRoles';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const port = (): number => Number(new URL(s.url).port);
const requestIdOf = (error: ConnectError): string => error.findDetails(RequestInfoSchema)[0]?.requestId ?? '';

/** What an operator sees of the request, at the level that production logs. */
const logged = (requestId: string): Record<string, unknown>[] =>
  s.logLines().filter((line) => line['requestId'] === requestId && Number(line['level']) >= 30);

function expectDescribed(error: ConnectError, reason: string, method: string): void {
  expect(error.findDetails(ErrorInfoSchema)).toMatchObject([{ reason, domain: 'dovecote' }]);
  expect(requestIdOf(error)).not.toBe('');
  expect(logged(requestIdOf(error))).toMatchObject([{ level: 30, reason, method }]);
}

const unary = rawProtocols.filter(({ name }) => name !== 'Connect streams');

describe.each(unary)('$name: an error of the transport names its reason, and is in the log:', (protocol) => {
  test.each<[string, string, Code, string, string | Uint8Array, RawCall]>([
    [
      'REQUEST_TOO_LARGE',
      'a body over 4 MiB',
      Code.ResourceExhausted,
      listRoles,
      new Uint8Array(4 * MiB + 1),
      {},
    ],
    ['REQUEST_MALFORMED', 'a body that is no protobuf message', Code.InvalidArgument, listRoles, '\x07', {}],
    ['REQUEST_MALFORMED', 'a body that is no JSON', Code.InvalidArgument, listRoles, '{', { format: 'json' }],
    [
      'COMPRESSION_UNKNOWN',
      'an unknown compression',
      Code.Unimplemented,
      listRoles,
      'x',
      { headers: { [protocol.encodingHeader]: 'zebra' } },
    ],
    ['METHOD_UNKNOWN', 'an unknown method', Code.Unimplemented, '/pidgr.v1.RoleService/Nothing', '', {}],
    ['METHOD_UNKNOWN', 'an unknown service', Code.Unimplemented, '/pidgr.v9.Nothing/Nothing', '', {}],
  ])('%s for %s', async (reason, _what, code, path, body, call) => {
    // Of somebody who is admitted: of others no body is read.
    const headers = { ...cast.alice.headers, ...call.headers };
    const { error, header } = await rawError(protocol, port(), path, body, { ...call, headers });
    expect(error.code).toBe(code);
    expectDescribed(error, reason, path);
    expect(isUuid(requestIdOf(error))).toBe(true);
    expect(header['x-request-id']).toBe(requestIdOf(error));
  });

  test('the request id of the client is kept', async () => {
    const requestId = `mine:${protocol.name}`;
    const { error } = await rawError(protocol, port(), listRoles, '\x07', {
      headers: { ...cast.alice.headers, 'x-request-id': requestId },
    });
    expect(requestIdOf(error)).toBe(requestId);
    expectDescribed(error, 'REQUEST_MALFORMED', listRoles);
  });
});

describe('a call that is over before its handler is done', () => {
  const updateRole = '/pidgr.v1.RoleService/UpdateRole';
  let holder: Client;

  beforeAll(async () => {
    holder = new Client({ connectionString: s.database.ownerUrl });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from role where org_id = $1 for update', [cast.acme.id]);
  });
  afterAll(() => holder?.end());

  const waits = (
    server: TestServer,
    headers: Record<string, string> = {},
    signal?: AbortSignal,
  ): Promise<ConnectError> =>
    server
      .client(RoleService, { ...cast.alice.headers, ...headers })
      .updateRole({ roleId: cast.acme.roles.manager, name: 'Lead' }, { signal })
      .then(
        () => Promise.reject(new Error('The call did not fail.')),
        (error: unknown) => ConnectError.from(error),
      );

  const lockWaits = async (): Promise<boolean> => {
    const rows = await s.database.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.length > 0;
  };

  test.each(unary)('because of its deadline is in the log once: $name', async (protocol) => {
    const message = toBinary(
      UpdateRoleRequestSchema,
      create(UpdateRoleRequestSchema, { roleId: cast.acme.roles.manager, name: 'Lead' }),
    );
    // Not a client with a deadline of its own: it might hang up before the server does.
    const headers = { ...cast.alice.headers, ...protocol.timeout };
    const { error } = await rawError(protocol, port(), updateRole, message, { headers });
    expect(error.code).toBe(Code.DeadlineExceeded);
    await eventually('the statement is gone', async () => !(await lockWaits()));
    expectDescribed(error, 'DEADLINE_EXCEEDED', updateRole);
  });

  test('because its client hung up is in the log once', async () => {
    const abort = new AbortController();
    const call = waits(s, { 'x-request-id': 'gone' }, abort.signal);
    await eventually('the call waits', lockWaits);
    abort.abort();
    await call;
    await eventually('the log tells', async () => logged('gone').length > 0);
    await eventually('the statement is gone', async () => !(await lockWaits()));
    expect(logged('gone')).toMatchObject([{ level: 30, reason: 'CANCELLED', method: updateRole }]);
  });

  test('because the server stops is told so', async () => {
    const stopping = await startTestServer({
      env: { SHUTDOWN_GRACE_SECONDS: '0' },
      database: s.database,
    });
    const call = waits(stopping);
    await eventually('the call waits', lockWaits);
    await stopping.stop();
    const error = await call;
    expect(error.code).toBe(Code.Unavailable);
    expect(error.findDetails(ErrorInfoSchema)).toMatchObject([
      { reason: 'SHUTTING_DOWN', domain: 'dovecote' },
    ]);
    // The first server of a process is the one whose log the others write to.
    expect(logged(requestIdOf(error))).toMatchObject([{ level: 30, reason: 'SHUTTING_DOWN' }]);
  });
});

const openStreams = (): number => s.server.app.get(ConnectStrategy).unwrap<RpcServer>().openStreams;

describe('a client that leaves in the middle of reflection is no error of ours:', () => {
  const question = envelope(
    toBinary(
      ServerReflectionRequestSchema,
      create(ServerReflectionRequestSchema, { messageRequest: { case: 'listServices', value: '' } }),
    ),
  );

  test.each<[string, string, (stream: ClientHttp2Stream) => Promise<void>]>([
    ['after an answer', 'by a reset', (stream) => answered(stream, question)],
    ['after an answer', 'with its connection', (stream) => answered(stream, question)],
    ['within a question', 'by a reset', (stream) => answered(stream, question, question.subarray(0, 6))],
    [
      'within a question',
      'with its connection',
      (stream) => answered(stream, question, question.subarray(0, 6)),
    ],
  ])('%s, %s', async (when, how, talk) => {
    for (const version of ['v1', 'v1alpha']) {
      for (const type of ['application/grpc', 'application/grpc-web', 'application/connect+proto']) {
        const requestId = [when, how, version, type].join('/').replaceAll(' ', '-');
        const session = connectHttp2(s.url);
        session.on('error', () => undefined);
        const stream = session.request({
          ':method': 'POST',
          ':path': `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
          'content-type': type,
          'x-request-id': requestId,
        });
        stream.on('error', () => undefined);
        await talk(stream);
        if (how === 'by a reset') stream.close(constants.NGHTTP2_CANCEL);
        else session.destroy();
        await eventually('the stream is gone', async () => openStreams() === 0);
        expect(logged(requestId).filter(({ level }) => Number(level) > 30)).toEqual([]);
        session.destroy();
      }
    }
    expect(s.logLines().filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  async function answered(stream: ClientHttp2Stream, ...sent: Buffer[]): Promise<void> {
    for (const bytes of sent) stream.write(bytes);
    await once(stream, 'data');
  }
});
