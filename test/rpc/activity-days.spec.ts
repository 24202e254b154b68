import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ProfileService } from '@dovecote/contract/dovecote/profile/v1/profile_pb';
import { ActivityService } from '@dovecote/contract/shared/activity/v1/activity_pb';
import { randomUUID } from 'node:crypto';
import type { AnalyticsStore } from '../../src/platform/analytics-store/index.js';
import { events } from '../../src/platform/analytics-store/index.js';
import { openStore } from '../support/analytics-events.js';
import { addProject, type Cast, seedCast, type TestProject } from '../support/cast.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let store: AnalyticsStore;
let stop: () => Promise<void>;
/** A project whose zone sets its clocks. */
let york: TestProject;

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { ROLE: 'api' } });
  cast = await seedCast(s);
  if (!s.analytics) throw new Error('The server has an analytics store.');
  ({ store, stop } = openStore(s.analytics));
  york = await addProject(s, cast.acme, 'York');
  await s.database.query(`update project set zone = 'America/New_York' where number = $1`, [york.number]);
  await put(york, 'ann', [
    // The evening before, by the clock in New York.
    '2026-03-08T04:59:59.999Z',
    '2026-03-08T05:00:00.000Z',
    '2026-03-08T06:30:00.000Z',
    // The last and the first millisecond of a day of 23 hours.
    '2026-03-09T03:59:59.999Z',
    '2026-03-09T04:00:00.000Z',
  ]);
  await put(york, 'ben', [
    '2026-10-24T22:00:00.000Z',
    // The hour that comes twice in Stockholm.
    '2026-10-25T00:30:00.000Z',
    '2026-10-25T01:30:00.000Z',
    '2026-10-25T22:59:59.999Z',
    '2026-10-25T23:00:00.000Z',
  ]);
});
afterAll(async () => {
  await stop?.();
  await s?.stop();
});

async function put({ number }: TestProject, person: string, times: readonly string[]): Promise<void> {
  const columns = ['project', 'kind', 'occur_time', 'distinct_id', 'event_id', 'received_at', 'batch_id'];
  const lines = times.map((time) => {
    const at = time.replace('T', ' ').replace('Z', '');
    return JSON.stringify([number, 'view', at, person, randomUUID(), at, randomUUID()]);
  });
  await store.insertLines(events, columns, lines.join('\n'));
}

const profiles = (project = york) => project.keys.private.client(ProfileService);
const range = (from: string, to: string) => ({
  startTime: timestampFromDate(new Date(from)),
  endTime: timestampFromDate(new Date(to)),
});

async function days(profileId: string, request: object, project = york): Promise<string[]> {
  const answer = await profiles(project).getActivityDays({ profileId, ...request });
  return answer.days.map(({ date, events: count }) => `${date} ${count}`);
}

describe('days of activity are refused', () => {
  test('to keys that only write, members without the permission, and other organizations', async () => {
    const ask = { profileId: 'ann' };
    const denied = [
      york.keys.public.client(ProfileService).getActivityDays(ask),
      york.keys.sdk.client(ProfileService).getActivityDays(ask),
      cast.erin.client(ProfileService, { 'x-project-id': york.id }).getActivityDays(ask),
      cast.mallory.client(ProfileService, { 'x-project-id': york.id }).getActivityDays(ask),
    ];
    for (const { code } of await refusalsOf(denied))
      expect([Code.PermissionDenied, Code.Unauthenticated, Code.NotFound]).toContain(code);
    expect(await days('ann', range('2026-01-01', '2026-12-31'), cast.otherSite)).toEqual([]);
  });

  test('for half a range, a reversed or endless one, and what is no zone', async () => {
    const { startTime, endTime } = range('2026-01-01', '2026-12-31');
    const wrong: [object, string][] = [
      [{ startTime }, 'end_time'],
      [{ endTime }, 'start_time'],
      [{ startTime: endTime, endTime: startTime }, 'end_time'],
      [range('2000-01-01', '2026-01-01'), 'end_time'],
      [{ timeZone: 'Mars/Olympus' }, 'time_zone'],
      [{ timeZone: "UTC'" }, 'time_zone'],
      [{ timeZone: '+01:00' }, 'time_zone'],
    ];
    for (const [request, field] of wrong)
      expect(await refusalOf(profiles().getActivityDays({ profileId: 'ann', ...request }))).toMatchObject({
        code: Code.InvalidArgument,
        fields: [field],
      });
    expect((await refusalOf(profiles().getActivityDays({}))).fields).toEqual(['profile_id']);
  });
});

describe('days of activity', () => {
  test('are those of the zone of the project, where the shared contract has days of UTC', async () => {
    const march = range('2026-03-01', '2026-04-01');
    expect(await days('ann', march)).toEqual(['2026-03-07 1', '2026-03-08 3', '2026-03-09 1']);
    const { timeZone } = await profiles().getActivityDays({ profileId: 'ann', ...march });
    expect(timeZone).toBe('America/New_York');
    const shared = await york.keys.private.client(ActivityService).getActivityHeatmap({
      distinctId: 'ann',
      timeRange: { from: march.startTime, to: march.endTime },
    });
    expect(shared.days.map(({ date, count }) => `${date} ${count}`)).toEqual([
      '2026-03-08 3',
      '2026-03-09 2',
    ]);
  });

  test('are those of the zone that is asked for', async () => {
    const timeZone = 'Europe/Stockholm';
    expect(await days('ben', { ...range('2026-10-01', '2026-11-01'), timeZone })).toEqual([
      '2026-10-25 4',
      '2026-10-26 1',
    ]);
    // A range may begin and end in the middle of a day.
    expect(await days('ben', { ...range('2026-10-25T01:00:00Z', '2026-10-25T23:00:00Z'), timeZone })).toEqual(
      ['2026-10-25 2'],
    );
  });

  test('are the last ones without a range', async () => {
    const now = Date.now();
    const times = [now - 3_600_000, now - 90 * 86_400_000].map((at) => new Date(at).toISOString());
    await put(york, 'cem', times);
    expect(await days('cem', {})).toHaveLength(1);
  });
});
