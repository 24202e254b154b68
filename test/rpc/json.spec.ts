import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { errorFromJsonBytes } from '@connectrpc/connect/protocol-connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { BadRequestSchema, ErrorInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { type Cast, seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

interface Answer {
  status: number;
  header: Headers;
  body: Record<string, unknown>;
  code?: Code;
  message?: string;
  reason?: string;
  fields: string[];
}

/** A call as somebody writes it by hand. */
async function post(
  method: string,
  json: object | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${s.url}/pidgr.v1.${method}`, {
    method: 'POST',
    headers: { ...cast.alice.headers, 'content-type': 'application/json', ...headers },
    body: typeof json === 'string' ? json : JSON.stringify(json),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const { status, headers: header } = response;
  const body = JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
  if (status === 200) return { status, header, body, fields: [] };
  const error = errorFromJsonBytes(bytes, undefined, new ConnectError('no error'));
  const violations = error.findDetails(BadRequestSchema).flatMap(({ fieldViolations }) => fieldViolations);
  return {
    status,
    header,
    body,
    code: error.code,
    message: error.rawMessage,
    reason: error.findDetails(ErrorInfoSchema)[0]?.reason,
    fields: violations.map(({ field }) => field),
  };
}

const fieldsOf = (error: unknown): string[] =>
  ConnectError.from(error)
    .findDetails(BadRequestSchema)
    .flatMap(({ fieldViolations }) => fieldViolations.map(({ field }) => field));

describe('a name that no enum has', () => {
  test.each<[string, object, string, string]>([
    [
      'CampaignService/ListDeliveries',
      { statusFilter: 'ACKNOWLEGED' },
      'statusFilter',
      'DELIVERY_STATUS_ACKNOWLEDGED',
    ],
    [
      'RoleService/CreateRole',
      { name: 'a', permissions: ['CAMPAIGN_READ'] },
      'permissions[0]',
      'PERMISSION_CAMPAIGNS_READ',
    ],
    [
      'ApiKeyService/CreateApiKey',
      { name: 'a', permissions: ['ORG_READ', 'ORG_WRTIE'] },
      'permissions[1]',
      'PERMISSION_ORG_WRITE',
    ],
  ])('%s with %j is refused', async (method, json, field, meant) => {
    const answer = await post(method, json);
    expect(answer).toMatchObject({
      code: Code.InvalidArgument,
      fields: [field],
      reason: 'REQUEST_MALFORMED',
    });
    expect(answer.message).toContain(meant);
  });

  test('is found in the log', async () => {
    const answer = await post(
      'RoleService/CreateRole',
      { name: 'a', permissions: ['NOTHING'] },
      { 'x-request-id': 'enum' },
    );
    expect(answer.code).toBe(Code.InvalidArgument);
    expect(s.logLines().filter(({ requestId }) => requestId === 'enum')).toMatchObject([
      { level: 30, reason: 'REQUEST_MALFORMED', method: '/pidgr.v1.RoleService/CreateRole' },
    ]);
  });

  test('leaves nothing behind that looks like it was done', async () => {
    await post('RoleService/CreateRole', { name: 'Half a role', permissions: ['ORG_READ', 'NOTHING'] });
    const { roles } = await cast.alice.client(RoleService).listRoles({});
    expect(roles.map(({ name }) => name)).not.toContain('Half a role');
  });
});

test('the short name of a value is taken', async () => {
  const answer = await post('RoleService/CreateRole', { name: 'Reader', permissions: ['CAMPAIGNS_READ'] });
  expect(answer.body).toMatchObject({ role: { permissions: ['PERMISSION_CAMPAIGNS_READ'] } });
});

describe('the path of a field', () => {
  const workflow = { steps: [{ id: '', label: 'a' }] };

  test('is in the names of JSON for who sends JSON', async () => {
    const answer = await post('CampaignService/ListCampaigns', {
      paginationMeta: {},
      pagination: { pageSize: -1 },
    });
    expect(answer.fields).toEqual(['pagination.pageSize']);
    expect(answer.message).toMatch(/^pagination\.pageSize: /);
  });

  test('is in the names of JSON whichever of them the client writes', async () => {
    const answer = await post('CampaignService/ListCampaigns', { pagination: { page_size: -1 } });
    expect(answer.fields).toEqual(['pagination.pageSize']);
  });

  test('is in the names of the proto for who sends protobuf', async () => {
    const refused = cast.alice.client(CampaignService).listCampaigns({ pagination: { pageSize: -1 } });
    expect(fieldsOf(await refused.catch((error: unknown) => error))).toEqual(['pagination.page_size']);
  });

  test('is in the names of JSON over gRPC with JSON', async () => {
    const client = createClient(
      CampaignService,
      createGrpcTransport({
        baseUrl: s.url,
        useBinaryFormat: false,
        interceptors: [
          (next) => (request) => {
            for (const [name, value] of Object.entries(cast.alice.headers)) request.header.set(name, value);
            return next(request);
          },
        ],
      }),
    );
    const refused = client.listCampaigns({ pagination: { pageSize: -1 } });
    expect(fieldsOf(await refused.catch((error: unknown) => error))).toEqual(['pagination.pageSize']);
  });

  test('is respelled where our own rules refuse, too', async () => {
    const template = { templateId: '0199aaaa-0000-7000-8000-000000000000' };
    const answer = await post('CampaignService/CreateCampaign', { name: 'a', ...template, workflow });
    expect(answer.code).toBe(Code.InvalidArgument);
    for (const field of answer.fields) expect(field).not.toContain('_');
  });
});

describe('an unknown field', () => {
  test('near a known one is ignored, and said in a header and in the log of development', async () => {
    const answer = await post(
      'MemberService/InviteUser',
      { email: 'near@acme.example', name: 'Near', role: 'admin' },
      { 'x-request-id': 'near', origin: 'https://console.example' },
    );
    expect(answer.status).toBe(200);
    expect(answer.header.get('dovecote-warning')).toBe(
      'unknown field role was ignored: did you mean roleId?',
    );
    expect(s.logLines().filter(({ requestId }) => requestId === 'near')).toMatchObject([
      {
        level: 40,
        msg: 'unknown field role was ignored: did you mean roleId?',
        method: '/pidgr.v1.MemberService/InviteUser',
      },
    ]);
  });

  test('is said also when the call is refused', async () => {
    const answer = await post('RoleService/CreateRole', { nam: 'a', permissions: ['ORG_READ'] });
    expect(answer.code).toBe(Code.InvalidArgument);
    expect(answer.header.get('dovecote-warning')).toContain('did you mean name?');
  });

  test('near nothing is just ignored', async () => {
    const answer = await post('RoleService/ListRoles', { somethingElse: 1, toString: 1, ['__proto__']: 2 });
    expect([answer.status, answer.header.get('dovecote-warning')]).toEqual([200, null]);
  });

  test('puts nothing into the header that is not a plain name', async () => {
    const json =
      '{"filter":1,"page\\r\\nset-cookie: a=b":1,"pagination":{"page\\u0000size":1,"pageSise":1},"paginaton":{}}';
    const answer = await post('RoleService/ListRoles', json);
    expect(answer.header.get('set-cookie')).toBeNull();
    expect(answer.header.get('dovecote-warning') ?? '').toMatch(/^[\x20-\x7e]*$/);
  });
});

describe('a NUL character', () => {
  test.each<[string, object, string]>([
    ['RoleService/CreateRole', { name: 'a\0', permissions: ['ORG_READ'] }, 'name'],
    ['MemberService/InviteUser', { email: 'a@acme.example', name: 'a\0b' }, 'name'],
    [
      'MemberService/UpdateUserProfile',
      { profile: { customAttributes: { a: '\0' } } },
      'profile.customAttributes["a"]',
    ],
    ['TemplateService/CreateTemplate', { name: 'a', body: '\0', title: 'b' }, 'body'],
  ])('%s with %j is refused with its field', async (method, json, field) => {
    const answer = await post(method, json);
    expect(answer.code).toBe(Code.InvalidArgument);
    expect(answer.fields).toContain(field);
  });

  test('is refused over gRPC as well', async () => {
    const refused = cast.alice.client(MemberService).inviteUser({ email: 'a@acme.example', name: '\0' });
    expect(fieldsOf(await refused.catch((error: unknown) => error))).toContain('name');
  });
});

test('a page reads the warning across origins', async () => {
  const other = await startTestServer({
    database: s.database,
    env: { CORS_ORIGINS: 'https://console.example' },
  });
  const answer = await fetch(`${other.url}/pidgr.v1.RoleService/ListRoles`, {
    method: 'POST',
    headers: { origin: 'https://console.example', 'content-type': 'application/json' },
    body: '{}',
  });
  expect(answer.headers.get('access-control-expose-headers')).toContain('dovecote-warning');
  await other.stop();
});
