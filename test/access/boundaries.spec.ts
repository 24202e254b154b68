import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { OrganizationDeletionService } from '@dovecote/contract/dovecote/organization/v1/deletion_pb';
import { v7 as uuid } from 'uuid';
import {
  addApiKey,
  addMember,
  addOrganization,
  addProject,
  addProjectKey,
  type Cast,
  seedCast,
  type TestProject,
} from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { newEmail } from '../support/members.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

/** Calls in a project, as HTTP: what is sent where, and what the three boundaries make of it. */

/** Two servers on one database: what one revokes, the other must refuse. */
let s: TestServer;
let there: TestServer;
let cast: Cast;
let foreign: TestProject;

beforeAll(async () => {
  s = await startTestServer();
  there = await startTestServer({ database: s.database });
  cast = await seedCast(s);
  foreign = cast.otherSite;
});
afterAll(async () => {
  await there?.stop();
  await s?.stop();
});

interface Answer {
  status: number;
  code: string;
  message: string;
  retryAfter: string | null;
}

type Headers = Readonly<Record<string, string>>;

async function call(path: string, headers: Headers, server = s, body: object = {}): Promise<Answer> {
  const response = await fetch(`${server.url}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const { code = '', message = '' } = (await response.json()) as { code?: string; message?: string };
  return { status: response.status, code, message, retryAfter: response.headers.get('retry-after') };
}

const refusals = new Set(['unauthenticated', 'permission_denied', 'resource_exhausted']);

/** `ok` when the gate lets the call pass: what the handler makes of an empty request is not about access. */
async function verdict(path: string, headers: Headers): Promise<string> {
  const { code } = await call(path, headers);
  return refusals.has(code) || code === 'internal' ? code : 'ok';
}

const sdk = [
  'events.v1.EventsService/BatchCreate',
  'profiles.v1.ProfilesSDKService/Identify',
  'profiles.v1.ProfilesSDKService/Alias',
  'sdk.events.v1.EventsService/BatchCreate',
  'sdk.profiles.v1.ProfilesSDKService/Identify',
  'sdk.devices.v1.DevicesService/Subscribe',
  'sdk.devices.v1.DevicesService/UpdateStatus',
  'sdk.devices.v1.DevicesService/UpdateToken',
];
const shared = [
  'insights.v1.InsightsService/Query',
  'activity.v1.ActivityService/List',
  'shared.activity.v1.ActivityService/GetActivityFeed',
  'shared.activity.v1.ActivityService/GetEventExplorer',
  'shared.activity.v1.ActivityService/GetFilterSchema',
  'shared.activity.v1.ActivityService/GetPropertyValues',
  'shared.activity.v1.ActivityService/GetActivityHeatmap',
  'shared.activity.v1.ActivityService/GetProfileStats',
  'shared.insights.v1.InsightsService/Query',
  'shared.insights.v1.InsightsService/SegmentUsers',
  'shared.insights.v1.InsightsService/GetFilterSchema',
  'shared.insights.v1.InsightsService/GetPropertyValues',
  'dovecote.insights.v1.InsightsService/Compare',
  'dovecote.insights.v1.InsightsService/Lifecycle',
  'dovecote.insights.v1.InsightsService/Stickiness',
];
const dashboard = ['dovecote.project.v1.ProjectService/ListProjects', 'pidgr.v1.RoleService/ListRoles'];
const open = ['dovecote.auth.v1.AuthService/RefreshToken'];

const bearerOnly = (key: string): Headers => ({ authorization: `Bearer ${key}` });
const bearer = (key: string): Headers => ({ ...bearerOnly(key), 'x-project-id': cast.site.id });

/** Credentials by name, and their results at SDK services, shared services and those of the dashboard. */
const rows: [string, () => Headers | Promise<Headers>, string, string, string][] = [
  ['none', () => ({}), 'unauthenticated', 'unauthenticated', 'unauthenticated'],
  ['a header without Bearer', () => ({ authorization: 'Basic x' }), ...all('unauthenticated')],
  ['an empty token', () => ({ authorization: 'Bearer ' }), ...all('unauthenticated')],
  ['a malformed token', () => bearer('a.b.c'), ...all('unauthenticated')],
  ['an SDK key that is unknown', () => bearer(`pk_sdk_${'a'.repeat(32)}`), ...all('unauthenticated')],
  ['a key that is too short', () => bearer('pk_sdk_a'), ...all('unauthenticated')],
  [
    'a public key that is unknown',
    () => ({ 'x-api-key': `pub_${'a'.repeat(20)}` }),
    ...all('unauthenticated'),
  ],
  ['an SDK key', () => cast.site.keys.sdk.headers, 'ok', 'permission_denied', 'permission_denied'],
  ['a shared key', () => cast.site.keys.shared.headers, 'permission_denied', 'ok', 'permission_denied'],
  [
    'an SDK key without a project',
    () => bearerOnly(cast.site.keys.sdk.key),
    'unauthenticated',
    'permission_denied',
    'permission_denied',
  ],
  [
    'a shared key without a project',
    () => bearerOnly(cast.site.keys.shared.key),
    'permission_denied',
    'unauthenticated',
    'permission_denied',
  ],
  ['a public key', () => cast.site.keys.public.headers, 'ok', 'permission_denied', 'unauthenticated'],
  ['a private key', () => cast.site.keys.private.headers, 'ok', 'ok', 'unauthenticated'],
  ['a public key as a token', () => bearer(cast.site.keys.public.key), ...all('unauthenticated')],
  ['a private key as a token', () => bearer(cast.site.keys.private.key), ...all('unauthenticated')],
  [
    'an SDK key in x-api-key',
    () => ({ 'x-api-key': cast.site.keys.sdk.key, 'x-project-id': cast.site.id }),
    ...all('unauthenticated'),
  ],
  ['a member who may', () => inSite(cast.max.headers), 'permission_denied', 'ok', 'ok'],
  [
    'a member who may not',
    () => inSite(cast.erin.headers),
    'permission_denied',
    'permission_denied',
    'permission_denied',
  ],
  ['an API key', () => inSite(cast.kiosk.headers), 'permission_denied', 'ok', 'ok'],
  [
    'an API key without permissions',
    async () => inSite((await addApiKey(s, cast.acme, [])).headers),
    'permission_denied',
    'permission_denied',
    'permission_denied',
  ],
];

function all(code: string): [string, string, string] {
  return [code, code, code];
}

function inSite(headers: Headers): Headers {
  return { ...headers, 'x-project-id': cast.site.id };
}

describe.each(rows)('%s', (_name, headersOf, atSdk, atShared, atDashboard) => {
  test(`is ${atSdk} at SDK services, ${atShared} at shared ones, ${atDashboard} at the others, and stands in no open one's way`, async () => {
    const headers = await headersOf();
    for (const path of sdk) expect([path, await verdict(path, headers)]).toEqual([path, atSdk]);
    for (const path of shared) expect([path, await verdict(path, headers)]).toEqual([path, atShared]);
    for (const path of dashboard) expect([path, await verdict(path, headers)]).toEqual([path, atDashboard]);
    for (const path of open)
      expect([path, (await call(path, headers)).code]).toEqual([path, 'invalid_argument']);
  });
});

const batch = 'sdk.events.v1.EventsService/BatchCreate';
const documentedBatch = 'events.v1.EventsService/BatchCreate';
const query = 'shared.insights.v1.InsightsService/Query';
const documentedQuery = 'insights.v1.InsightsService/Query';

describe('a refusal says what is wrong', () => {
  test.each<[string, string, () => Headers, string]>([
    ['no key at all', batch, () => ({}), 'x-api-key header not present'],
    ['no credential', query, () => ({}), 'Authorization header not present'],
    ['no credential', documentedBatch, () => ({}), 'Authorization header not present'],
    [
      'another scheme',
      query,
      () => ({ authorization: 'Basic x' }),
      'Authorization header must start with Bearer',
    ],
    ['an empty token', query, () => ({ authorization: 'Bearer ' }), 'Bearer token is empty'],
    ['an unknown key', batch, () => ({ 'x-api-key': 'pub_x' }), 'invalid API key'],
    [
      'a private key in the URL',
      `${batch}?api_key=prv_aaaaaaaaaaaaaaaaaaaa`,
      () => ({}),
      'beacon requests only support public API keys',
    ],
    ['no project', documentedQuery, () => cast.max.headers, 'x-project-id header is required'],
    ['no project', query, () => cast.kiosk.headers, 'x-project-id header is required'],
    [
      'no project',
      documentedBatch,
      () => ({ authorization: cast.site.keys.sdk.headers['authorization'] ?? '' }),
      'x-project-id header is required',
    ],
  ])('%s, at %s', async (_what, path, headers, message) => {
    expect(await call(path, headers())).toMatchObject({ status: 401, code: 'unauthenticated', message });
  });
});

describe('a project', () => {
  const hidden = {
    status: 401,
    code: 'unauthenticated',
    message: 'project not found or access denied',
  };

  test.each<[string, () => Headers]>([
    ['a member', () => cast.max.headers],
    ['an API key', () => cast.kiosk.headers],
    ['a shared key', () => ({ authorization: `Bearer ${cast.site.keys.shared.key}` })],
  ])('that %s names is theirs, or looks absent', async (_who, headers) => {
    const ids = [foreign.id, uuid(), 'site', `${cast.site.id}0`, "' or true --", 'x'.repeat(4_000)];
    for (const id of ids) {
      expect(await call(documentedQuery, { ...headers(), 'x-project-id': id })).toMatchObject(hidden);
    }
    const own = await verdict(documentedQuery, { ...headers(), 'x-project-id': cast.site.id.toUpperCase() });
    expect(own).toBe('ok');
  });

  test('of a key is the key’s, whatever a header says that the shipped contract does not look at', async () => {
    const { headers } = cast.site.keys.private;
    expect(await verdict(query, { ...headers, 'x-project-id': foreign.id })).toBe('ok');
  });

  test('that a member names decides the organization, and x-org-id must agree', async () => {
    const second = await addOrganization(s, 'Second');
    const project = await addProject(s, second, 'Second');
    await addMember(s, second, { email: cast.max.email, role: 'manager' });
    const named = { ...cast.max.headers, 'x-project-id': project.id };
    expect(await verdict(query, named)).toBe('ok');
    expect(await verdict(query, { ...named, 'x-org-id': second.id })).toBe('ok');
    expect(await call(query, { ...named, 'x-org-id': cast.acme.id })).toMatchObject(hidden);
  });

  test('is refused to a member whose role there is too low, whatever it is elsewhere', async () => {
    const third = await addOrganization(s, 'Third');
    const project = await addProject(s, third, 'Third');
    await addMember(s, third, { email: cast.max.email, role: 'employee' });
    expect(await verdict(query, { ...cast.max.headers, 'x-project-id': project.id })).toBe(
      'permission_denied',
    );
  });
});

describe('a key in the URL', () => {
  test('is read by SDK services only, and only a public one', async () => {
    const { keys } = cast.site;
    expect(await verdict(`${batch}?api_key=${keys.public.key}`, {})).toBe('ok');
    for (const family of ['sdk', 'shared', 'private'] as const) {
      expect(await verdict(`${batch}?api_key=${keys[family].key}`, {})).toBe('unauthenticated');
      expect(await verdict(`${query}?api_key=${keys[family].key}`, {})).toBe('unauthenticated');
    }
    expect(await verdict(`${query}?api_key=${keys.public.key}`, {})).toBe('unauthenticated');
    expect(await verdict(`${dashboard[0]}?api_key=${keys.public.key}`, {})).toBe('unauthenticated');
  });

  test('counts after the header, and appears in no log', async () => {
    const { keys } = cast.site;
    const inUrl = `${batch}?api_key=${keys.public.key}`;
    expect(await verdict(inUrl, { 'x-api-key': 'pub_wrong' })).toBe('unauthenticated');
    expect(await verdict(`${batch}?api_key=pub_wrong`, keys.public.headers)).toBe('ok');
    expect(JSON.stringify(s.logLines())).not.toContain(keys.public.key);
  });
});

describe('two credentials at once', () => {
  test('are judged by x-api-key', async () => {
    const { keys } = cast.site;
    const token = cast.max.headers.authorization;
    expect(await verdict(batch, { ...keys.public.headers, authorization: 'Bearer nonsense' })).toBe('ok');
    expect(await verdict(query, { ...inSite(cast.max.headers), 'x-api-key': keys.public.key })).toBe(
      'permission_denied',
    );
    expect(await verdict(query, { ...inSite(cast.max.headers), 'x-api-key': 'prv_wrong' })).toBe(
      'unauthenticated',
    );
    expect(await verdict(query, { 'x-api-key': keys.private.key, authorization: 'Basic x' })).toBe('ok');
    expect(await verdict(dashboard[0] ?? '', { ...keys.private.headers, authorization: token })).toBe('ok');
  });

  test('of which x-api-key is empty are one', async () => {
    expect(await verdict(query, { ...inSite(cast.max.headers), 'x-api-key': '' })).toBe('ok');
  });
});

describe('what looks like an attack', () => {
  test.each([
    ['a condition', `pub_' or '1'='1`],
    ['a comment', `pub_${'a'.repeat(20)}' --`],
    ['an escape', 'pub_%00aaaaaaaaaaaaaaaaaaa'],
    ['six thousand characters', `pub_${'a'.repeat(6_000)}`],
    ['another case', `pub_${'A'.repeat(20)}`],
  ])('is an invalid key: %s', async (_what, key) => {
    const refused = { status: 401, message: 'invalid API key' };
    expect(await call(batch, { 'x-api-key': key })).toMatchObject(refused);
    expect(await call(`${batch}?api_key=${encodeURIComponent(key)}`, {})).toMatchObject(refused);
  });

  test('is an invalid key: NUL, decoded from the URL', async () => {
    const refused = { status: 401, message: 'invalid API key' };
    expect(await call(`${batch}?api_key=pub_%00${'a'.repeat(19)}`, {})).toMatchObject(refused);
  });
});

describe('what is taken back on one server is refused on the other within a second', () => {
  async function refusedThere(path: string, headers: Headers, takeBack: () => Promise<unknown>) {
    expect(refusals.has((await call(path, headers, there)).code)).toBe(false);
    await takeBack();
    return eventually(
      'the refusal',
      async () => {
        const answer = await call(path, headers, there);
        return refusals.has(answer.code) && answer;
      },
      1_000,
    );
  }

  test.each([
    ['sdk', documentedBatch],
    ['shared', documentedQuery],
    ['public', batch],
    ['private', query],
  ] as const)('a key of the family %s', async (family, path) => {
    const { keyId, headers } = await addProjectKey(s, cast.site, family);
    const refused = await refusedThere(path, headers, () =>
      cast.alice.client(ProjectService).revokeProjectKey({ projectId: cast.site.id, projectKeyId: keyId }),
    );
    expect(refused).toMatchObject({ code: 'unauthenticated', message: 'invalid API key' });
  });

  test('a project, for its keys and for members', async () => {
    const project = await addProject(s, cast.acme, 'Doomed');
    const asMember = { ...cast.max.headers, 'x-project-id': project.id };
    expect(refusals.has((await call(query, asMember, there)).code)).toBe(false);
    const refused = await refusedThere(batch, project.keys.public.headers, () =>
      cast.alice.client(ProjectService).deleteProject({ projectId: project.id, confirmationName: 'Doomed' }),
    );
    expect(refused.message).toBe('invalid API key');
    expect(await call(query, asMember, there)).toMatchObject({
      message: 'project not found or access denied',
    });
  });
});

describe('an organization that is closed', () => {
  async function closedBy(statement: string) {
    const organization = await addOrganization(s, 'Closed');
    const project = await addProject(s, organization, 'Closed');
    await s.database.query(statement, [organization.id]);
    return project;
  }

  test('keeps what programs send waiting while it is suspended, and answers no reading', async () => {
    const { keys } = await closedBy('update organization set suspended_at = now() where id = $1');
    for (const path of [batch, documentedBatch]) {
      const { headers } = path === batch ? keys.public : keys.sdk;
      const refused = await call(path, headers);
      expect(refused).toMatchObject({ status: 429, code: 'resource_exhausted', retryAfter: '60' });
    }
    expect(await call(query, keys.private.headers)).toMatchObject({ code: 'failed_precondition' });
  });

  test('does so while its deletion can be cancelled', async () => {
    const organization = await addOrganization(s, 'Leaving');
    const { keys } = await addProject(s, organization, 'Leaving');
    const admin = await addMember(s, organization, { email: newEmail(), role: 'super_admin' });
    const organizations = admin.client(OrganizationDeletionService);
    await organizations.deleteOrganization({ confirmationName: 'Leaving' });
    expect(await call(batch, keys.public.headers)).toMatchObject({ code: 'resource_exhausted' });
    await organizations.cancelOrganizationDeletion({});
    expect(await verdict(batch, keys.public.headers)).toBe('ok');
  });

  test('has its events dropped when it has expired', async () => {
    const { keys } = await closedBy(
      `update organization set org_type = 2, expires_at = now() - interval '1 second' where id = $1`,
    );
    expect(await call(batch, keys.public.headers)).toMatchObject({ code: 'failed_precondition' });
  });
});
