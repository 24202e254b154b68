import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addOrganization, addProject } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

/** Which limit the calls of a project's keys count against, as HTTP. */

let s: TestServer;

beforeAll(async () => {
  s = await startTestServer();
});
afterAll(() => s?.stop());

const batch = 'sdk.events.v1.EventsService/BatchCreate';
const documentedBatch = 'events.v1.EventsService/BatchCreate';
const query = 'shared.insights.v1.InsightsService/Query';
const documentedQuery = 'insights.v1.InsightsService/Query';

type Headers = Readonly<Record<string, string>>;

async function call(path: string, headers: Headers, body: object = {}) {
  const response = await fetch(`${s.url}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const { code = '' } = (await response.json()) as { code?: string };
  return { code, retryAfter: response.headers.get('retry-after') };
}

const codeOf = async (path: string, headers: Headers) => (await call(path, headers)).code;

test('a key of a project is one organization’s: its calls count against the organization that pays', async () => {
  const organization = await addOrganization(s, 'Busy');
  await s.database.query(
    'update organization set ingest_events_per_second = 1, rate_limit_per_second = 1, rate_limit_burst = 1 where id = $1',
    [organization.id],
  );
  const { keys } = await addProject(s, organization, 'Busy');
  const answers = await Promise.all(Array.from({ length: 30 }, () => call(batch, keys.public.headers)));
  const refused = answers.filter(({ code }) => code === 'resource_exhausted');
  expect(refused.length).toBeGreaterThan(10);
  expect(Number(refused[0]?.retryAfter)).toBeGreaterThanOrEqual(1);
  // What is sent uses up none of the calls that read.
  expect(await codeOf(query, keys.private.headers)).toBe('invalid_argument');
});

test('a key that stands in pages uses up none of the members’ calls at services that refuse it', async () => {
  const organization = await addOrganization(s, 'Visited');
  await s.database.query(
    'update organization set rate_limit_per_second = 1, rate_limit_burst = 1 where id = $1',
    [organization.id],
  );
  const { keys } = await addProject(s, organization, 'Visited');
  for (const [path, { headers }] of [
    [documentedQuery, keys.sdk],
    ['pidgr.v1.RoleService/ListRoles', keys.sdk],
    [query, keys.public],
  ] as const)
    expect([path, await codeOf(path, headers)]).toEqual([path, 'permission_denied']);
  expect(await codeOf(query, keys.private.headers)).toBe('invalid_argument');
});

test('events that are not valid count as one call, and no more than a thousand are read', async () => {
  const organization = await addOrganization(s, 'Sloppy');
  await s.database.query('update organization set ingest_events_per_second = 1 where id = $1', [
    organization.id,
  ]);
  const { keys } = await addProject(s, organization, 'Sloppy');
  const many = (count: number) => ({ events: Array.from({ length: count }, () => ({})) });
  for (const [path, { headers }] of [
    [batch, keys.public],
    [documentedBatch, keys.sdk],
  ] as const) {
    for (const count of [1_000, 1_001])
      expect(await call(path, headers, many(count))).toMatchObject({ code: 'invalid_argument' });
  }
  const valid = { events: Array.from({ length: 20 }, () => ({ name: 'seen' })) };
  expect(await call(documentedBatch, keys.sdk.headers, valid)).toMatchObject({ code: '' });
  expect(await call(documentedBatch, keys.sdk.headers, valid)).toMatchObject({ code: 'resource_exhausted' });
});
