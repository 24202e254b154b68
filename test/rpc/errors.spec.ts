import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RequestInfoSchema,
} from '@dovecote/contract/google/rpc/error_details_pb';
import { ApiKeyService } from '@dovecote/contract/pidgr/v1/api_key_pb';
import { Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { IntegrationsService } from '@dovecote/contract/pidgr/v1/integrations_service_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { Client } from 'pg';
import { validate as isUuid, v7 as uuid } from 'uuid';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  return call.then(
    () => Promise.reject(new Error('The call did not fail.')),
    (error: unknown) => ConnectError.from(error),
  );
}

const requestIdOf = (error: ConnectError): string => error.findDetails(RequestInfoSchema)[0]?.requestId ?? '';

describe('every error', () => {
  const failures: [string, Code, () => Promise<unknown>][] = [
    ['without a credential', Code.Unauthenticated, () => s.client(RoleService).listRoles({})],
    ['without the permission', Code.PermissionDenied, () => cast.erin.client(RoleService).listRoles({})],
    ['of a bad request', Code.InvalidArgument, () => cast.alice.client(RoleService).createRole({})],
    [
      'of a bad page token',
      Code.InvalidArgument,
      () => cast.alice.client(TemplateService).listTemplates({ pagination: { pageToken: 'x' } }),
    ],
    [
      'of something that is not there',
      Code.NotFound,
      () => cast.alice.client(TemplateService).getTemplate({ templateId: uuid() }),
    ],
    [
      'of a system role',
      Code.FailedPrecondition,
      () => cast.alice.client(RoleService).deleteRole({ roleId: cast.acme.roles.super_admin }),
    ],
    [
      'of what is still to come',
      Code.Unimplemented,
      () => cast.alice.client(IntegrationsService).getRegionPolicy({ orgId: cast.acme.id, channel: 1 }),
    ],
  ];

  test.each(failures)('%s names its reason, its domain and the request', async (_name, code, call) => {
    const error = await errorOf(call());
    const [info] = error.findDetails(ErrorInfoSchema);
    expect(error.code).toBe(code);
    expect(info?.domain).toBe('dovecote');
    expect(info?.reason).toMatch(/^[A-Z][A-Z0-9_]+$/);
    expect(isUuid(requestIdOf(error))).toBe(true);
    expect(error.metadata.get('x-request-id')).toBe(requestIdOf(error));
  });

  test('of validation names each field, with its index', async () => {
    const permissions = [
      Permission.ORG_READ,
      Permission.UNSPECIFIED,
      Permission.ORG_WRITE,
      999 as Permission,
    ];
    const error = await errorOf(cast.alice.client(ApiKeyService).createApiKey({ name: '', permissions }));
    const [badRequest] = error.findDetails(BadRequestSchema);
    const fields = badRequest?.fieldViolations.map(({ field }) => field);
    expect(fields).toEqual(expect.arrayContaining(['name', 'permissions[1]', 'permissions[3]']));
    for (const { description } of badRequest?.fieldViolations ?? []) expect(description).not.toBe('');
  });
});

describe('the request id', () => {
  const sent = async (id: string): Promise<string> => {
    const headers = { ...cast.alice.headers, 'x-request-id': id };
    let answered = '';
    await s
      .client(RoleService, headers)
      .listRoles({}, { onHeader: (header) => (answered = header.get('x-request-id') ?? '') });
    return answered;
  };

  test.each(['abc-123', '0199aaaa-0000-7000-8000-000000000000', 'a.b:c_d', 'x'.repeat(64)])(
    'of the client is kept: %s',
    async (id) => {
      expect(await sent(id)).toBe(id);
    },
  );

  test.each(['', 'x'.repeat(65), 'a b', '<script>', '{"level":60}', '%0aforged'])(
    'is replaced when it would do harm in a log: %s',
    async (id) => {
      const answered = await sent(id);
      expect(answered).not.toBe(id);
      expect(isUuid(answered)).toBe(true);
    },
  );
});

describe('a defect of ours', () => {
  test('is told to nobody, and found in the log by the request id', async () => {
    await s.database.query('alter table template rename to secret_template');
    const error = await errorOf(cast.alice.client(TemplateService).listTemplates({}));
    await s.database.query('alter table secret_template rename to template');

    expect(error.code).toBe(Code.Internal);
    expect(error.rawMessage).toBe('Internal error.');
    expect(error.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: 'INTERNAL', metadata: {} }]);
    const told = JSON.stringify([error.message, error.details, [...error.metadata]]);
    expect(told).not.toMatch(/relation|template|select|\.ts|\.js|node_modules/i);

    const logged = s.logLines().filter(({ requestId }) => requestId === requestIdOf(error));
    expect(logged).toMatchObject([
      { level: 50, method: '/pidgr.v1.TemplateService/ListTemplates', orgId: cast.acme.id },
    ]);
    expect(JSON.stringify(logged)).toContain('does not exist');
  });
});

describe('without its database', () => {
  test('a call is refused as unavailable, and the next one is served when the database is back', async () => {
    const database = await nameOfDatabase();
    await s.database.query(`alter database ${database} connection limit 0`);
    await terminateConnections();
    const error = await errorOf(cast.alice.client(TemplateService).listTemplates({}));
    expect(error.code).toBe(Code.Unavailable);
    expect(error.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: 'DATABASE_UNAVAILABLE' }]);
    await s.database.query(`alter database ${database} connection limit -1`);
    await eventually('calls are served again', () => cast.alice.client(TemplateService).listTemplates({}));
  });

  test('a call whose connection is cut is refused as unavailable', async () => {
    const blocked = await blockedCall();
    await terminateConnections();
    expect((await errorOf(blocked.call)).code).toBe(Code.Unavailable);
    await blocked.release();
    await eventually('calls are served again', () => cast.alice.client(RoleService).listRoles({}));
  });
});

describe('a call that nobody waits for any more', () => {
  test('ends at its deadline, in the database too', async () => {
    const blocked = await blockedCall({ timeoutMs: 300 });
    expect((await errorOf(blocked.call)).code).toBe(Code.DeadlineExceeded);
    await eventually('the statement is gone', async () => (await waiting()) === 0);
    await blocked.release();
  });

  test('ends when the client hangs up', async () => {
    const abort = new AbortController();
    const blocked = await blockedCall({ signal: abort.signal });
    await eventually('the statement waits', async () => (await waiting()) > 0);
    abort.abort();
    expect((await errorOf(blocked.call)).code).toBe(Code.Canceled);
    await eventually('the statement is gone', async () => (await waiting()) === 0);
    await blocked.release();
  });

  test('gives its connection back, also when there are more of them than connections', async () => {
    const blocked = await blockedCall({ timeoutMs: 500 });
    const others = Array.from({ length: 19 }, () => updateRole({ timeoutMs: 500 }));
    const errors = await Promise.all([blocked.call, ...others].map(errorOf));
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set([Code.DeadlineExceeded]));
    // The row is still locked: only the end of the calls can have freed the connections.
    await eventually('no statement waits', async () => (await waiting()) === 0);
    const { templates } = await cast.alice.client(TemplateService).listTemplates({}, { timeoutMs: 10_000 });
    expect(templates).toEqual([]);
    await blocked.release();
  });
});

async function nameOfDatabase(): Promise<string> {
  const [row] = await s.database.query<{ name: string }>('select current_database() as name');
  return row?.name ?? '';
}

async function terminateConnections(): Promise<void> {
  await s.database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where usename = 'dovecote_app' and datname = current_database()`,
  );
}

/** How many statements of the server wait for a lock. */
async function waiting(): Promise<number> {
  const rows = await s.database.query(
    `select from pg_stat_activity where usename = 'dovecote_app' and datname = current_database()
        and state = 'active' and wait_event_type = 'Lock'`,
  );
  return rows.length;
}

interface CallOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}

const updateRole = (options: CallOptions): Promise<unknown> =>
  cast.alice.client(RoleService).updateRole({ roleId: cast.acme.roles.manager, name: 'Lead' }, options);

/** A call that waits for a row which somebody else has locked. */
async function blockedCall(
  options: CallOptions = {},
): Promise<{ call: Promise<unknown>; release(): Promise<void> }> {
  const holder = new Client({ connectionString: s.database.ownerUrl });
  // A test that fails leaves it behind.
  holder.on('error', () => undefined);
  await holder.connect();
  await holder.query('begin');
  await holder.query('select from role where org_id = $1 for update', [cast.acme.id]);
  const call = updateRole(options);
  call.catch(() => undefined);
  if (!options.timeoutMs) await eventually('the call waits', async () => (await waiting()) > 0);
  return { call, release: () => holder.end() };
}
