import { timestampDate, timestampNow } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { EventLimitService, OverLimit } from '@dovecote/contract/dovecote/usage/v1/usage_pb';
import { EventsService } from '@dovecote/contract/events/v1/events_pb';
import { EventsService as ShippedEventsService } from '@dovecote/contract/sdk/events/v1/events_pb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { EventLimits } from '../../src/modules/analytics/usage/index.js';
import { Scopes } from '../../src/platform/scope/index.js';
import { Metrics } from '../../src/platform/telemetry/metrics.js';
import { type Actor, addMember, addOrganization, addProject, type TestProject } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { newEmail } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { countUsage } from '../support/usage.js';

interface Sender {
  readonly orgId: string;
  readonly site: TestProject;
  readonly admin: Actor;
  readonly manager: Actor;
}

let s: TestServer;
let acme: Sender;
let other: Sender;

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { EVENT_LIMIT_PER_MONTH: '10' } });
});
beforeEach(async () => {
  acme = await addSender('Acme');
  other = await addSender('Other');
});
afterAll(() => s?.stop());

async function addSender(name: string): Promise<Sender> {
  const organization = await addOrganization(s, name);
  return {
    orgId: organization.id,
    site: await addProject(s, organization, 'Site'),
    admin: await addMember(s, organization, { email: newEmail(), role: 'admin' }),
    manager: await addMember(s, organization, { email: newEmail(), role: 'manager' }),
  };
}

async function send({ site }: Sender, events: number): Promise<void> {
  await site.keys.sdk.client(EventsService).batchCreate({
    events: Array.from({ length: events }, () => ({ eventId: uuid(), name: 'view', distinctId: 'ann' })),
  });
}

/** As the operator does. */
async function setLimit({ orgId }: Sender, change: Parameters<EventLimits['set']>[1]): Promise<void> {
  const { app } = s.server;
  const origin = { caller: { kind: 'system', orgId }, requestId: 'operator' } as const;
  await app
    .get(Scopes, { strict: false })
    .run(origin, (scope) => app.get(EventLimits, { strict: false }).set(scope, change));
}

async function mailsTo({ email }: Actor): Promise<string[]> {
  await eventually('mails are delivered', async () => {
    const left = await s.database.query(
      `select from graphile_worker.jobs where task_identifier = 'mail.send'`,
    );
    return left.length === 0;
  });
  const rows = await s.database.query<{ subject: string }>(
    'select subject from captured_mail where recipient = $1 order by created_at, id',
    [email],
  );
  return rows.map(({ subject }) => subject);
}

async function warned({ orgId }: Sender): Promise<string[]> {
  const rows = await s.database.query<{ percent: string }>(
    `select metadata ->> 'percent' as percent from audit_event
      where org_id = $1 and event_type = 'EVENT_LIMIT_WARNED' order by id`,
    [orgId],
  );
  return rows.map(({ percent }) => percent);
}

const limitOf = (who: Actor) => who.client(EventLimitService).getEventLimit({});

describe('the limit of an organization', () => {
  test('is told to its admins only', async () => {
    const refused = await refusalOf(limitOf(acme.manager));
    expect(refused).toMatchObject({ code: Code.PermissionDenied, reason: 'PERMISSION_MISSING' });
    await setLimit(other, { monthlyEvents: 5 });
    expect(await limitOf(acme.admin)).toMatchObject({ monthlyEvents: 10n, overLimit: OverLimit.ACCEPT });
    expect(await limitOf(other.admin)).toMatchObject({ monthlyEvents: 5n, refused: false, warnings: [] });
  });

  test('warns its admins once of 80 and of 100 percent, and accepts what comes then', async () => {
    await send(other, 7);
    await send(acme, 8);
    await countUsage(s.database);
    expect(await mailsTo(acme.admin)).toEqual(['Acme has used 80 % of its events of the month']);
    for (let more = 0; more < 2; more += 1) {
      await send(acme, 3);
      await countUsage(s.database);
    }
    expect(await mailsTo(acme.admin)).toEqual([
      'Acme has used 80 % of its events of the month',
      'Acme has used up its events of the month',
    ]);
    expect(await warned(acme)).toEqual(['80', '100']);
    for (const none of [acme.manager, other.admin]) expect(await mailsTo(none)).toEqual([]);
    const lines = s
      .logLines()
      .filter(({ msg, orgId }) => msg === 'event limit reached' && orgId === acme.orgId);
    expect(lines.map(({ percent }) => percent)).toEqual([80, 100]);
    const metrics = await s.server.app.get(Metrics, { strict: false }).scrape();
    expect(metrics).toContain('dovecote_event_limit_warnings_total{percent="100"} 1');
    const { warnings, months, refused } = await limitOf(acme.admin);
    expect(warnings.map(({ percent, usedEvents }) => [percent, usedEvents])).toEqual([
      [80, 8n],
      [100, 11n],
    ]);
    expect(months.map(({ eventCount }) => eventCount)).toEqual([14n]);
    expect(refused).toBe(false);
  });

  test('that is passed at once is one mail', async () => {
    await send(acme, 12);
    await countUsage(s.database);
    expect(await mailsTo(acme.admin)).toEqual(['Acme has used up its events of the month']);
    expect((await warned(acme)).sort()).toEqual(['100', '80']);
  });

  test('is warned of again when the operator sets another, and never without a limit', async () => {
    await send(acme, 10);
    await countUsage(s.database);
    // Two mails that are sent at once may arrive in any order.
    expect(await mailsTo(acme.admin)).toHaveLength(1);
    await setLimit(acme, { monthlyEvents: 12 });
    expect(await mailsTo(acme.admin)).toEqual([
      'Acme has used up its events of the month',
      'Acme has used 80 % of its events of the month',
    ]);
    await setLimit(acme, { monthlyEvents: 0 });
    await send(acme, 20);
    await countUsage(s.database);
    expect(await mailsTo(acme.admin)).toHaveLength(2);
    const [trail] = await s.database.query<{ metadata: object }>(
      `select metadata from audit_event where org_id = $1 and event_type = 'ORG_RESOURCE_QUOTAS_SET'
        order by id desc limit 1`,
      [acme.orgId],
    );
    expect(trail?.metadata).toEqual({ monthly_events: '0', over_limit: 'accept' });
  });
});

describe('events beyond a limit that refuses', () => {
  const refusedOf = async ({ site }: Sender) => [
    await refusalOf(
      site.keys.sdk.client(EventsService).batchCreate({ events: [{ name: 'view', distinctId: 'ann' }] }),
    ),
    await refusalOf(
      site.keys.public.client(ShippedEventsService).batchCreate({
        events: [
          { eventId: uuid(), kind: 'view', distinctId: 'ann', sessionId: uuid(), occurTime: timestampNow() },
        ],
      }),
    ),
  ];

  test('are refused so that an SDK keeps them, until the limit is raised; those of others are not', async () => {
    await setLimit(acme, { refuses: true });
    await send(acme, 9);
    await send(other, 12);
    await countUsage(s.database);
    // The last batch passes the limit as a whole.
    await send(acme, 5);
    await countUsage(s.database);
    expect((await limitOf(acme.admin)).refused).toBe(true);
    await eventually('the server knows', async () =>
      send(acme, 1).then(
        () => false,
        () => true,
      ),
    );
    for (const refused of await refusedOf(acme)) {
      expect(refused.code).toBe(Code.ResourceExhausted);
      expect(refused.retryAfterSeconds).toBeGreaterThan(0);
    }
    await send(other, 1);
    await setLimit(acme, { monthlyEvents: 100 });
    await eventually('the server knows', async () =>
      send(acme, 1).then(
        () => true,
        () => false,
      ),
    );
    const { refused, computedAt } = await limitOf(acme.admin);
    expect(refused).toBe(false);
    expect(computedAt && timestampDate(computedAt).getTime()).toBeLessThanOrEqual(Date.now());
  });
});
