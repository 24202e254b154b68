import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type DescMethod, fromJson, type JsonValue } from '@bufbuild/protobuf';
import { CustomersService } from '@dovecote/contract/dashboard/customers/v1/customers_pb';
import { DashboardsService } from '@dovecote/contract/dashboard/dashboards/v1/dashboards_pb';
import { OrgsService } from '@dovecote/contract/dashboard/orgs/v1/orgs_pb';
import { ProjectsService } from '@dovecote/contract/dashboard/projects/v1/projects_pb';
import { UsageService } from '@dovecote/contract/dashboard/usage/v1/usage_pb';
import { AuthService } from '@dovecote/contract/public/auth/v1/auth_pb';
import { SharedDashboardsService } from '@dovecote/contract/public/dashboards/v1/dashboards_pb';
import { ActivityService } from '@dovecote/contract/shared/activity/v1/activity_pb';
import { InsightsService } from '@dovecote/contract/shared/insights/v1/insights_pb';
import { ProfilesService } from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import { Clock } from '../../src/platform/clock/clock.js';
import { type Actor, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { tokensTo } from '../support/magic-links.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { countUsage } from '../support/usage.js';
import { fieldsOf } from './dashboard-traffic/fields.mjs';
import {
  type Act,
  type Answer,
  fill,
  readJourney,
  type RecordedRequest,
  send,
} from './dashboard-traffic/replay.js';
import { eventsBefore, people } from './dashboard-traffic/visitors.mjs';

// Parts with many questions, on a busy machine.
jest.setTimeout(120_000);

const origin = 'http://127.0.0.1:4300';

/** What the application calls, by path. */
const methods = new Map<string, DescMethod>(
  [
    ActivityService,
    AuthService,
    CustomersService,
    DashboardsService,
    InsightsService,
    OrgsService,
    ProfilesService,
    ProjectsService,
    SharedDashboardsService,
    UsageService,
  ].flatMap((service) => service.methods.map((method) => [`/${service.typeName}/${method.name}`, method])),
);

interface ConnectErrorJson {
  readonly code: string;
  readonly message: string;
}

let s: TestServer;

beforeAll(async () => {
  const env = { DASHBOARD_URL: origin, PASSWORDS: 'on', DASHBOARD_DEMO_EMAIL: 'demo@store.example' };
  s = await startTestServer({ analytics: true, env });
});
afterAll(() => s?.stop());

async function perform({ act, to = '', number = 1, key = '' }: Act, recordedAt: number): Promise<unknown> {
  if (act === 'mail') {
    const tokens = await eventually(`mail to ${to}`, async () => {
      const sent = await tokensTo(s, to);
      return sent.length >= number && sent;
    });
    return { token: tokens[number - 1] };
  }
  await post('sdk.events.v1.EventsService/BatchCreate', key, { events: eventsBefore(recordedAt) });
  for (const one of people()) await post('sdk.profiles.v1.ProfilesSDKService/Identify', key, one);
  await countUsage(s.database);
  return {};
}

async function post(rpc: string, key: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json', 'x-api-key': key };
  const answer = await fetch(`${s.url}/${rpc}`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(answer.status).toBe(200);
}

/** Whether the request names something of the tenant. */
function isOfTenant({ headers, body }: RecordedRequest): boolean {
  return 'x-project-id' in headers || /\{\{/.test(JSON.stringify(body ?? ''));
}

/** The same request, with the token of the other tenant's super admin. */
async function expectRefusal(request: RecordedRequest, { headers: { authorization } }: Actor): Promise<void> {
  const { json } = await send(s.url, { ...request, headers: { ...request.headers, authorization } });
  const refusal = (request.enveloped ? (json as { error: object }).error : json) as Partial<ConnectErrorJson>;
  // For a project of others, `shared.*` refuse the token: their contract has it so.
  const isRefused =
    ['permission_denied', 'not_found'].includes(refusal?.code ?? '') ||
    refusal?.message === 'project not found or access denied';
  if (!isRefused) throw new Error(`The other tenant got ${JSON.stringify(json)} from ${request.path}.`);
}

function expectAnswer(request: RecordedRequest, { status, headers, json }: Answer): void {
  const { path, method, status: expected = method === 'OPTIONS' ? 204 : 200 } = request;
  expect([path, status, json]).toEqual([path, expected, json]);
  expect(headers['access-control-allow-origin']).toBe(origin);
  if (method === 'OPTIONS') {
    const asked = request.headers['access-control-request-headers']?.split(',') ?? [];
    const allowed = String(headers['access-control-allow-headers']).toLowerCase().split(/, */);
    expect(allowed).toEqual(expect.arrayContaining(asked));
    return;
  }
  const rpc = methods.get(path);
  if (!rpc) throw new Error(`${path} is not one of the services.`);
  // Throws for what the contract does not have.
  if (expected === 200) fromJson(rpc.output, json as JsonValue);
}

describe.each(['product', 'accounts'].map(readJourney))('the journey $name', (journey) => {
  const recordedAt = Date.parse(journey.recordedAt);
  /** What the requests gave, by number. */
  const results: unknown[] = [];
  /** RPC to the fields that its answers had. */
  const seen = new Map<string, Set<string>>();
  let mallory: Actor;

  beforeAll(async () => {
    // Ranges are those of the recording.
    await s.travel(recordedAt - s.server.app.get(Clock).now().getTime());
    ({ mallory } = await seedCast(s));
  });

  async function replay(template: RecordedRequest): Promise<unknown> {
    const request = fill(template, results);
    if ('authorization' in request.headers && isOfTenant(template)) await expectRefusal(request, mallory);
    const answer = await send(s.url, request);
    expectAnswer(request, answer);
    const fields = seen.get(request.path) ?? new Set();
    if (answer.status === 200) for (const field of fieldsOf(answer.json)) fields.add(field);
    seen.set(request.path, fields);
    return answer.json;
  }

  test.each(journey.parts)('$name', async ({ requests }) => {
    for (const request of requests)
      results.push(await (request.act ? perform(fill(request, results), recordedAt) : replay(request)));
  });

  test('is called from no other origin', async () => {
    const preflights = journey.parts
      .flatMap(({ requests }) => requests)
      .filter((one): one is RecordedRequest => !one.act && one.method === 'OPTIONS');
    expect(preflights.length).toBeGreaterThan(10);
    for (const preflight of preflights) {
      const headers = { ...preflight.headers, origin: 'https://other.example' };
      const answer = await send(s.url, { ...preflight, headers });
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  test.each(journey.fields)('finds in the answers of %s each field that it was given', (rpc, fields) => {
    expect([...(seen.get(`/${rpc}`) ?? [])]).toEqual(expect.arrayContaining([...fields]));
  });
});
