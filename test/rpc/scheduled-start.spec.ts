import { randomUUID } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  CampaignSteeringService,
  type ScheduledStart,
  ScheduledStart_LocalTime as LocalTime,
  ScheduledStart_State as State,
} from '@dovecote/contract/dovecote/campaign/v1/steering_pb';
import { ApiKeyService } from '@dovecote/contract/pidgr/v1/api_key_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { Clock } from '../../src/platform/clock/clock.js';
import { addRecipient, createCampaign, untilStatus, untilStep } from '../support/campaigns.js';
import { type Actor, addApiKey, addMember, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let s: TestServer;
let cast: Cast;
let ada: Actor;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  ada = await addRecipient(s, cast.acme, 'ada');
});
afterAll(() => s?.stop());

const steering = (actor: Actor = cast.max) => actor.client(CampaignSteeringService);
const campaigns = (actor: Actor = cast.max) => actor.client(CampaignService);
const now = (): number => s.server.app.get(Clock, { strict: false }).now().getTime();
const created = (): Promise<string> => createCampaign(cast.max, [ada.userId]);

/** What clocks in UTC show so long from now. */
const wallTimeIn = (milliseconds: number): string =>
  new Date(now() + milliseconds).toISOString().slice(0, 19);

async function scheduled(campaignId: string, inMs = HOUR_MS, actor: Actor = cast.max) {
  const wallTime = wallTimeIn(inMs);
  const { scheduledStart } = await steering(actor).scheduleCampaignStart({
    campaignId,
    wallTime,
    zone: 'UTC',
  });
  return scheduledStart;
}

const startOf = async (campaignId: string): Promise<ScheduledStart | undefined> =>
  (await steering(cast.alice).getCampaignSteering({ campaignId })).scheduledStart;

const untilState = (campaignId: string, state: State) =>
  eventually(`the start is ${State[state]}`, async () => {
    const start = await startOf(campaignId);
    return start?.state === state && start;
  });

/** The start job is through: whatever it was to do is done. */
async function untilNoJob(campaignId: string): Promise<void> {
  await eventually('the job of the start is through', async () => {
    const jobs = await s.database.query('select from graphile_worker.jobs where key = $1', [
      `campaign.start_scheduled/${campaignId}`,
    ]);
    return jobs.length === 0;
  });
}

async function trailOf(campaignId: string) {
  return s.database.query<{ type: string; actor: string; kind: string; metadata: Record<string, string> }>(
    `select event_type as type, actor_id as actor, actor_kind as kind, metadata from audit_event
      where entity_id = $1 and event_type like 'CAMPAIGN_START%' order by created_at, id`,
    [campaignId],
  );
}

const statusOf = async (campaignId: string) =>
  (await campaigns(cast.alice).getCampaign({ campaignId })).campaign?.status;

describe('refuses', () => {
  test('another organization, as if the campaign did not exist', async () => {
    const campaignId = await created();
    await scheduled(campaignId);
    const mallory = steering(cast.mallory);
    const refusals = await refusalsOf([
      mallory.scheduleCampaignStart({ campaignId, wallTime: wallTimeIn(HOUR_MS), zone: 'UTC' }),
      mallory.cancelScheduledStart({ campaignId }),
      mallory.getCampaignSteering({ campaignId }),
      steering().cancelScheduledStart({ campaignId: randomUUID() }),
    ]);
    expect(refusals.map(({ code }) => code)).toEqual(Array(4).fill(Code.NotFound));
    expect((await startOf(campaignId))?.state).toBe(State.WAITING);
  });

  test('callers without the permission', async () => {
    const campaignId = await created();
    const writer = await addApiKey(s, cast.acme, [Permission.CAMPAIGNS_READ, Permission.CAMPAIGNS_WRITE]);
    for (const actor of [cast.erin, writer]) {
      const refusals = await refusalsOf([
        steering(actor).scheduleCampaignStart({ campaignId, wallTime: wallTimeIn(HOUR_MS), zone: 'UTC' }),
        steering(actor).cancelScheduledStart({ campaignId }),
      ]);
      expect(refusals.map(({ code }) => code)).toEqual([Code.PermissionDenied, Code.PermissionDenied]);
    }
    expect((await refusalOf(steering(cast.erin).getCampaignSteering({ campaignId }))).code).toBe(
      Code.PermissionDenied,
    );
  });

  test.each([
    ['no wall time', '2027-02-30T09:00', 'UTC', 'wall_time'],
    ['a wall time with an offset', '2027-02-20T09:00Z', 'UTC', 'wall_time'],
    ['an unknown zone', '2027-02-20T09:00', 'Mars/Olympus', 'zone'],
    ['an offset for a zone', '2027-02-20T09:00', '+01:00', 'zone'],
    ['no zone', '2027-02-20T09:00', '', 'zone'],
    ['a time of the past', '2020-02-20T09:00', 'UTC', 'wall_time'],
  ])('%s, and names the field', async (_, wallTime, zone, field) => {
    const refusal = await refusalOf(
      steering().scheduleCampaignStart({ campaignId: await created(), wallTime, zone }),
    );
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
  });

  test('less than a minute from now, and more than 366 days', async () => {
    const campaignId = await created();
    for (const distance of [0, 55_000, 367 * 24 * HOUR_MS]) {
      const refusal = await refusalOf(scheduled(campaignId, distance));
      expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['wall_time'] });
    }
    expect(await startOf(campaignId)).toBeUndefined();
  });

  test('to take back what was never scheduled, and what was taken back', async () => {
    const campaignId = await created();
    const before = await refusalOf(steering().cancelScheduledStart({ campaignId }));
    await scheduled(campaignId);
    await steering().cancelScheduledStart({ campaignId });
    const after = await refusalOf(steering().cancelScheduledStart({ campaignId }));
    expect([before, after].map(({ reason }) => reason)).toEqual(Array(2).fill('START_NOT_SCHEDULED'));
  });

  test('a campaign that was started, or cancelled', async () => {
    const [running, cancelled] = [await created(), await created()];
    await campaigns().startCampaign({ campaignId: running });
    await campaigns().cancelCampaign({ campaignId: cancelled });
    const refusals = await refusalsOf([scheduled(running), scheduled(cancelled)]);
    expect(refusals.map(({ reason }) => reason)).toEqual(Array(2).fill('CAMPAIGN_ALREADY_STARTED'));
  });
});

describe('the answer', () => {
  test('tells the instant, and how often the clocks of the zone show the wall time', async () => {
    // The next summer in which Stockholm puts its clocks forward and back.
    const year = new Date(now()).getUTCFullYear() + 1;
    const last = (month: number): string => {
      const day = new Date(Date.UTC(year, month, 0));
      day.setUTCDate(day.getUTCDate() - day.getUTCDay());
      return day.toISOString().slice(0, 10);
    };
    const [spring, autumn] = [last(3), last(10)];
    const cases = [
      [`${spring}T02:30`, `${spring}T01:30:00.000Z`, LocalTime.MISSING],
      [`${autumn}T02:30`, `${autumn}T00:30:00.000Z`, LocalTime.AMBIGUOUS],
      [`${spring}T09:00`, `${spring}T07:00:00.000Z`, LocalTime.UNIQUE],
    ] as const;
    const campaignId = await created();
    for (const [wallTime, instant, localTime] of cases) {
      const zone = 'Europe/Stockholm';
      const { scheduledStart } = await steering().scheduleCampaignStart({ campaignId, wallTime, zone });
      if (!scheduledStart?.startsAt) throw new Error('Nothing was scheduled.');
      expect(timestampDate(scheduledStart.startsAt).toISOString()).toBe(instant);
      expect(scheduledStart).toMatchObject({
        ...{ campaignId, wallTime: `${wallTime}:00`, zone, localTime, state: State.WAITING },
        ...{ scheduledBy: cast.max.userId, reason: '', detail: '' },
      });
      expect(await startOf(campaignId)).toEqual(scheduledStart);
    }
  });

  test('is the last one, however many schedule at once', async () => {
    const campaignId = await created();
    await Promise.all([1, 2, 3, 4].map((hours) => scheduled(campaignId, hours * HOUR_MS)));
    const rows = await s.database.query('select from scheduled_start where campaign_id = $1', [campaignId]);
    const jobs = await s.database.query('select from graphile_worker.jobs where key = $1', [
      `campaign.start_scheduled/${campaignId}`,
    ]);
    expect([rows.length, jobs.length]).toEqual([1, 1]);
    await steering().cancelScheduledStart({ campaignId });
  });
});

describe('a scheduled start', () => {
  test('starts the campaign at its time, once, in the name of who scheduled it', async () => {
    const campaignId = await created();
    await scheduled(campaignId);
    await s.travel(HOUR_MS - 30_000);
    expect(await statusOf(campaignId)).toBe(CampaignStatus.CREATED);
    await s.travel(30_000);
    const start = await untilState(campaignId, State.STARTED);
    await untilStep(cast.max, campaignId, 'wait');
    expect(start.endedAt).toBeDefined();
    const trail = await trailOf(campaignId);
    expect(trail.map(({ type }) => type)).toEqual(['CAMPAIGN_START_SCHEDULED', 'CAMPAIGN_STARTED']);
    expect(trail[1]).toMatchObject({ actor: cast.max.userId, kind: 'member' });
    expect(trail[0]?.metadata).toMatchObject({ zone: 'UTC', starts_at: expect.any(String) });
  });

  test('starts the campaign as it is then', async () => {
    const campaignId = await created();
    await scheduled(campaignId);
    await campaigns().updateCampaign({ campaignId, name: 'Renamed' });
    await s.travel(HOUR_MS);
    await untilState(campaignId, State.STARTED);
    const { campaign } = await campaigns().getCampaign({ campaignId });
    expect(campaign).toMatchObject({ name: 'Renamed', status: CampaignStatus.RUNNING });
  });

  test('that was moved comes at the new time only', async () => {
    const campaignId = await created();
    await scheduled(campaignId, HOUR_MS);
    await scheduled(campaignId, 3 * HOUR_MS);
    await s.travel(HOUR_MS);
    expect(await statusOf(campaignId)).toBe(CampaignStatus.CREATED);
    expect((await startOf(campaignId))?.state).toBe(State.WAITING);
    await s.travel(2 * HOUR_MS);
    await untilState(campaignId, State.STARTED);
  });

  test('that was taken back never comes', async () => {
    const campaignId = await created();
    await scheduled(campaignId);
    const { scheduledStart } = await steering().cancelScheduledStart({ campaignId });
    expect(scheduledStart).toMatchObject({ state: State.CANCELLED });
    await s.travel(HOUR_MS);
    await untilNoJob(campaignId);
    expect(await statusOf(campaignId)).toBe(CampaignStatus.CREATED);
    const trail = await trailOf(campaignId);
    expect(trail.map(({ type }) => type)).toEqual(['CAMPAIGN_START_SCHEDULED', 'CAMPAIGN_START_UNSCHEDULED']);
  });

  test('is overtaken by a start by hand, and by a cancellation of the campaign', async () => {
    const [started, cancelled] = [await created(), await created()];
    for (const campaignId of [started, cancelled]) await scheduled(campaignId);
    await campaigns().startCampaign({ campaignId: started });
    await campaigns().cancelCampaign({ campaignId: cancelled });
    for (const campaignId of [started, cancelled])
      expect((await startOf(campaignId))?.state).toBe(State.OVERTAKEN);
    await s.travel(HOUR_MS);
    for (const campaignId of [started, cancelled]) await untilNoJob(campaignId);
    expect((await trailOf(started)).filter(({ type }) => type === 'CAMPAIGN_STARTED')).toHaveLength(1);
    expect(await statusOf(cancelled)).toBe(CampaignStatus.CANCELLED);
    const refusal = await refusalOf(steering().cancelScheduledStart({ campaignId: started }));
    expect(refusal.reason).toBe('START_NOT_SCHEDULED');
  });

  test('and starts by hand at the same moment start the campaign once', async () => {
    const ids = await Promise.all(Array.from({ length: 4 }, created));
    for (const campaignId of ids) await scheduled(campaignId, 2 * MINUTE_MS);
    const travelled = s.travel(2 * MINUTE_MS);
    const byHand = ids.map((campaignId) => campaigns().startCampaign({ campaignId }));
    await Promise.allSettled([travelled, ...byHand]);
    for (const campaignId of ids) {
      await untilStep(cast.max, campaignId, 'wait');
      await untilNoJob(campaignId);
      expect((await trailOf(campaignId)).filter(({ type }) => type === 'CAMPAIGN_STARTED')).toHaveLength(1);
      const { deliveries } = await campaigns().listDeliveries({ campaignId });
      expect(deliveries).toHaveLength(1);
    }
  });

  test('waits for the wall time, where the rules of its zone have changed', async () => {
    const campaignId = await created();
    await scheduled(campaignId, 3 * HOUR_MS);
    // As an older database of time zones had it: two hours earlier.
    await s.database.query(
      `update scheduled_start set starts_at = starts_at - interval '2 hours' where campaign_id = $1`,
      [campaignId],
    );
    await s.database.query(
      `update graphile_worker._private_jobs set run_at = run_at - interval '2 hours' where key = $1`,
      [`campaign.start_scheduled/${campaignId}`],
    );
    await s.travel(HOUR_MS);
    await eventually('the start has moved', async () => {
      const start = await startOf(campaignId);
      return start?.startsAt && timestampDate(start.startsAt).getTime() > now() + HOUR_MS;
    });
    expect(await statusOf(campaignId)).toBe(CampaignStatus.CREATED);
    await s.travel(2 * HOUR_MS);
    await untilState(campaignId, State.STARTED);
  });
});

describe('a scheduled start does not happen', () => {
  async function expectNotStarted(campaignId: string, reason: string): Promise<void> {
    await s.travel(HOUR_MS);
    const start = await untilState(campaignId, State.NOT_STARTED);
    expect(start).toMatchObject({ reason, detail: expect.stringMatching(/^The .+\.$/) });
    expect(await statusOf(campaignId)).toBe(CampaignStatus.CREATED);
    const trail = await trailOf(campaignId);
    expect(trail.at(-1)).toMatchObject({
      type: 'CAMPAIGN_START_REFUSED',
      kind: 'system',
      metadata: { reason },
    });
  }

  test('when its scheduler may no longer start campaigns', async () => {
    const mia = await addMember(s, cast.acme, { email: 'mia@acme.example', role: 'manager' });
    const campaignId = await created();
    await scheduled(campaignId, HOUR_MS, mia);
    const roleId = cast.acme.roles.employee;
    await cast.alice.client(MemberService).updateUserRole({ userId: mia.userId, roleId });
    await expectNotStarted(campaignId, 'SCHEDULER_MAY_NOT_START');
    // Another caller may schedule it again.
    await scheduled(campaignId);
    await s.travel(HOUR_MS);
    await untilState(campaignId, State.STARTED);
  });

  test('when its scheduler has left', async () => {
    const leo = await addMember(s, cast.acme, { email: 'leo@acme.example', role: 'manager' });
    const campaignId = await created();
    await scheduled(campaignId, HOUR_MS, leo);
    await cast.alice.client(MemberService).deactivateUser({ userId: leo.userId });
    await expectNotStarted(campaignId, 'SCHEDULER_MAY_NOT_START');
  });

  test('when the API key that scheduled it was revoked', async () => {
    const permissions = [Permission.CAMPAIGNS_START];
    const [kept, revoked] = [
      await addApiKey(s, cast.acme, permissions),
      await addApiKey(s, cast.acme, permissions),
    ];
    const [first, second] = [await created(), await created()];
    await scheduled(first, HOUR_MS, kept);
    await scheduled(second, HOUR_MS, revoked);
    await cast.alice.client(ApiKeyService).revokeApiKey({ apiKeyId: revoked.userId });
    await expectNotStarted(second, 'SCHEDULER_MAY_NOT_START');
    await untilState(first, State.STARTED);
    expect((await trailOf(first)).at(-1)).toMatchObject({ actor: kept.userId, kind: 'api_key' });
  });

  test('when the organization is suspended', async () => {
    const campaignId = await created();
    await scheduled(campaignId);
    const suspend = (at: string) =>
      s.database.query(`update organization set suspended_at = ${at} where id = $1`, [cast.acme.id]);
    await suspend('now()');
    await s.travel(HOUR_MS);
    await untilNoJob(campaignId);
    await suspend('null');
    const start = await eventually('the organization answers', () => startOf(campaignId), 40_000);
    expect(start).toMatchObject({ state: State.NOT_STARTED, reason: 'ORGANIZATION_CLOSED' });
  });

  test('when the server fails to start the campaign for an hour, and says so', async () => {
    const campaignId = await created();
    await scheduled(campaignId);
    await s.database.query(
      `create function fail_start() returns trigger language plpgsql as $$ begin raise 'a defect'; end $$`,
    );
    await s.database.query(
      `create trigger fail_start before insert on campaign_run for each row
        when (new.campaign_id = '${campaignId}') execute function fail_start()`,
    );
    await s.travel(HOUR_MS);
    const hurry = () =>
      s.database.query(
        'update graphile_worker._private_jobs set run_at = now() where locked_at is null and attempts > 0',
      );
    await eventually('the first attempt fails', async () => {
      const [job] = await s.database.query<{ attempts: number }>(
        'select attempts from graphile_worker.jobs where key = $1',
        [`campaign.start_scheduled/${campaignId}`],
      );
      return job && job.attempts > 0;
    });
    expect((await startOf(campaignId))?.state).toBe(State.WAITING);
    await s.travel(HOUR_MS);
    await hurry();
    const start = await untilState(campaignId, State.NOT_STARTED);
    expect(start).toMatchObject({ reason: 'INTERNAL', detail: 'The server could not start the campaign.' });
    expect(await statusOf(campaignId)).toBe(CampaignStatus.CREATED);
    await s.database.query('drop function fail_start cascade');
    // By hand it starts now.
    await campaigns().startCampaign({ campaignId });
    await untilStatus(cast.max, campaignId, CampaignStatus.RUNNING);
  });
});
