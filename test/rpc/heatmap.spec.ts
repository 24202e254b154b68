import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { HeatmapMode, TouchEventType } from '@dovecote/contract/pidgr/v1/heatmap_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { heatmaps, HeatWorld, ingest, touches } from '../support/heatmaps.js';
import { hire } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

jest.setTimeout(120_000);

const DAY_MS = 86_400_000;
const { TAP, SCROLL, LONG_PRESS } = TouchEventType;

let s: TestServer;
let w: HeatWorld;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  w = new HeatWorld(s);
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

/** Touches in the cell behind the middle of the screen, in 5,000. */
async function inMiddle(who: Actor, more: object): Promise<number> {
  const { dataPoints } = await heatmaps(who).queryHeatmapData({ screenName: 'Inbox', ...more });
  const cell = dataPoints.find(
    ({ xPct, yPct }) => Math.max(Math.abs(xPct - 0.51), Math.abs(yPct - 0.51)) < 0.001,
  );
  return Math.round((cell?.value ?? 0) / 5_000);
}

describe('QueryHeatmapData', () => {
  test('needs CAMPAIGNS_READ', async () => {
    const refusal = await refusalOf(heatmaps(cast.erin).queryHeatmapData({ screenName: 'Inbox' }));
    expect(refusal.code).toBe(Code.PermissionDenied);
  });

  test.each([
    ['screen_name', {}],
    ['screen_name', { screenName: 'x'.repeat(201) }],
    ['screen_name', { screenName: 'In\u0007box' }],
    ['grid_resolution', { screenName: 'Inbox', gridResolution: 0.2 }],
    ['campaign_id', { screenName: 'Inbox', campaignId: 'spring' }],
    [
      'date_to',
      {
        screenName: 'Inbox',
        dateFrom: timestampFromDate(new Date(1000)),
        dateTo: timestampFromDate(new Date(999)),
      },
    ],
  ])('refuses a bad %s', async (field, request) => {
    const refusal = await refusalOf(heatmaps(cast.max).queryHeatmapData(request));
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
  });

  test('answers without points where nothing is known', async () => {
    const answer = await heatmaps((await w.organization()).admin).queryHeatmapData({ screenName: 'Inbox' });
    expect(answer).toMatchObject({ dataPoints: [], cohortEnabled: false, screenshotUrl: '' });
  });

  test('shows nothing with fewer than five cohorts, however many touches there are', async () => {
    const own = await w.organization();
    const { admin } = own;
    await w.plant(own, { cells: [[100, 100, 900]], day: w.dayAgo(2), buckets: 4 });
    expect(await heatmaps(admin).queryHeatmapData({ screenName: 'Inbox' })).toMatchObject({
      dataPoints: [],
      cohortEnabled: false,
    });
    await w.plant(own, { cells: [[100, 100, 5]], day: w.dayAgo(2), buckets: 5 });
    await w.later();
    expect(await heatmaps(admin).queryHeatmapData({ screenName: 'Inbox' })).toMatchObject({
      cohortEnabled: true,
    });
  });

  test('shows where a screen was touched, the same however often it is asked, and to no other organization', async () => {
    const own = await w.organization();
    const { admin } = own;
    await w.plant(own, {
      cells: [
        [100, 40, 3_000],
        [101, 43, 2_000],
      ],
      day: w.dayAgo(2),
    });
    const ask = () => heatmaps(admin).queryHeatmapData({ screenName: 'Inbox', eventTypes: [TAP] });
    const first = await ask();
    const hottest = first.dataPoints.toSorted((a, b) => b.value - a.value)[0];
    // 5,000 touches, and noise of 57 in each of 89 days.
    expect(hottest).toMatchObject({ xPct: expect.closeTo(0.51), yPct: expect.closeTo(0.21) });
    expect(Math.abs((hottest?.value ?? 0) - 5_000)).toBeLessThan(5 * 57 * Math.sqrt(89));
    expect(first.dataPoints).not.toMatchObject([{ value: 5_000 }]);
    await w.later();
    expect(await ask()).toEqual(first);
    const stranger = await heatmaps(cast.mallory).queryHeatmapData({ screenName: 'Inbox' });
    expect(stranger).toMatchObject({ dataPoints: [], cohortEnabled: false });
    for (const screenName of ['inbox', 'Inbox '])
      expect((await heatmaps(admin).queryHeatmapData({ screenName })).cohortEnabled).toBe(false);
  });

  test('takes whole days, both ends included, and not today', async () => {
    const own = await w.organization();
    const { admin } = own;
    for (const ago of [0, 2, 3, 5]) await w.plant(own, { cells: [[100, 100, 5_000]], day: w.dayAgo(ago) });
    const noon = (ago: number) => timestampFromDate(new Date(`${w.dayAgo(ago)}T12:00:00Z`));
    const days = (from: number, to: number) =>
      inMiddle(admin, { eventTypes: [TAP], dateFrom: noon(from), dateTo: noon(to) });
    expect(await days(2, 2)).toBe(1);
    expect(await days(3, 2)).toBe(2);
    expect(await days(5, 2)).toBe(3);
    expect(await days(1, 0)).toBe(0);
  });

  test('knows kinds and campaigns', async () => {
    const own = await w.organization();
    const { admin } = own;
    const [spring, autumn] = [uuid(), uuid()];
    const day = w.dayAgo(2);
    await w.plant(own, { cells: [[100, 100, 5_000]], day, kind: TAP, campaign: spring });
    await w.plant(own, { cells: [[100, 100, 15_000]], day, kind: SCROLL, campaign: autumn });
    const at = timestampFromDate(new Date(`${day}T00:00:00Z`));
    const asked = (more: object) => inMiddle(admin, { dateFrom: at, dateTo: at, ...more });
    expect(await asked({})).toBe(4);
    expect(await asked({ eventTypes: [TouchEventType.UNSPECIFIED] })).toBe(4);
    expect(await asked({ eventTypes: [TAP, LONG_PRESS] })).toBe(1);
    expect(await asked({ eventTypes: [LONG_PRESS] })).toBe(0);
    expect(await asked({ campaignId: spring.toUpperCase() })).toBe(1);
    expect(await asked({ campaignId: autumn })).toBe(3);
    expect(await asked({ campaignId: autumn, eventTypes: [TAP] })).toBe(0);
    const unknown = { screenName: 'Inbox', campaignId: uuid() };
    expect((await heatmaps(admin).queryHeatmapData(unknown)).cohortEnabled).toBe(false);
  });

  test('divides the screen as it is asked: sums of the same cells, and finer ones where much was touched', async () => {
    const own = await w.organization();
    const { admin } = own;
    const day = w.dayAgo(2);
    await w.plant(own, {
      cells: [
        [100, 100, 9_000],
        [103, 103, 9_000],
      ],
      day,
    });
    const at = timestampFromDate(new Date(`${day}T00:00:00Z`));
    const grid = async (gridResolution: number) => {
      const query = { screenName: 'Inbox', dateFrom: at, dateTo: at, eventTypes: [TAP], gridResolution };
      const { dataPoints } = await heatmaps(admin).queryHeatmapData(query);
      return dataPoints
        .filter(({ value }) => value > 4_000)
        .map(({ xPct, yPct, value }) => ({ x: xPct, y: yPct, value }));
    };
    const [usual] = await grid(0);
    expect(usual).toMatchObject({ x: expect.closeTo(0.51), y: expect.closeTo(0.51) });
    expect(await grid(0.02)).toEqual([usual]);
    expect(await grid(0.1)).toEqual([
      { x: expect.closeTo(0.55), y: expect.closeTo(0.55), value: expect.any(Number) },
    ]);
    const fine = await grid(0.005);
    expect(fine.map(({ x, y }) => [x, y])).toEqual([
      [expect.closeTo(0.5025), expect.closeTo(0.5025)],
      [expect.closeTo(0.5175), expect.closeTo(0.5175)],
    ]);
  });

  test('shows the median of the cohorts', async () => {
    const own = await w.organization();
    const { admin } = own;
    const day = w.dayAgo(2);
    // 500 of each of 64 cohorts, and one cohort that touches another cell only.
    await w.plant(own, { cells: [[60, 60, 32_000]], day });
    await w.plant(own, { cells: [[140, 60, 20_000]], day, buckets: 1 });
    const at = timestampFromDate(new Date(`${day}T00:00:00Z`));
    const query = { screenName: 'Inbox', dateFrom: at, dateTo: at, eventTypes: [TAP] };
    const { dataPoints } = await heatmaps(admin).queryHeatmapData({ ...query, mode: HeatmapMode.MEDIAN });
    const hottest = dataPoints.toSorted((a, b) => b.value - a.value)[0];
    expect(hottest).toMatchObject({ xPct: expect.closeTo(0.31), yPct: expect.closeTo(0.31) });
    // The noise of a cohort is 453, and an eighth of it, by 1.25, that of their median.
    expect(Math.abs((hottest?.value ?? 0) - 500)).toBeLessThan(5 * 71);
    expect(
      dataPoints.find(({ xPct, yPct }) => xPct > 0.69 && xPct < 0.72 && yPct > 0.3 && yPct < 0.32)?.value ??
        0,
    ).toBeLessThan(5 * 71);
    const total = await heatmaps(admin).queryHeatmapData({ ...query, mode: HeatmapMode.TOTAL });
    expect(total.dataPoints.filter(({ value }) => value > 15_000)).toHaveLength(2);
  });

  test('has other noise when the day holds something else, and the same under another epsilon', async () => {
    const own = await w.organization();
    const { admin } = own;
    const day = w.dayAgo(2);
    await w.plant(own, { cells: [[100, 100, 5_000]], day });
    const at = timestampFromDate(new Date(`${day}T00:00:00Z`));
    const ask = async () => {
      await w.later();
      const query = { screenName: 'Inbox', dateFrom: at, dateTo: at };
      return (await heatmaps(admin).queryHeatmapData(query)).dataPoints;
    };
    const first = await ask();
    await admin.client(OrganizationService).updateAnalyticsEpsilon({ epsilon: 5 });
    expect(await ask()).toEqual(first);
    await admin.client(OrganizationService).rotateAnalyticsSalt({});
    expect(await ask()).toEqual(first);
    await w.plant(own, { cells: [[100, 100, 1]], day });
    const second = await ask();
    expect(new Set(second.map(({ value }) => value))).not.toEqual(new Set(first.map(({ value }) => value)));
  });

  test('shows nothing while behavioural analytics is off', async () => {
    const own = await w.organization();
    const { admin } = own;
    await w.plant(own, { cells: [[100, 100, 5_000]], day: w.dayAgo(2) });
    const toggle = (behavioralAnalyticsEnabled: boolean) =>
      admin.client(OrganizationService).updateOrgPrivacySettings({ behavioralAnalyticsEnabled });
    const isShown = async () =>
      (await heatmaps(admin).queryHeatmapData({ screenName: 'Inbox' })).cohortEnabled;
    expect(await isShown()).toBe(true);
    await toggle(false);
    expect(await isShown()).toBe(false);
    await toggle(true);
    expect(await isShown()).toBe(true);
  });
});

describe('a day', () => {
  test('is shown once it is over and all of it is stored', async () => {
    const own = await w.organization();
    const { admin } = own;
    const people = await Promise.all(Array.from({ length: 24 }, () => hire(s, own)));
    // With the least noise that there is, from tomorrow on.
    await admin.client(OrganizationService).updateAnalyticsEpsilon({ epsilon: 5 });
    // Noon: around midnight the day of the test would depend on how long it takes.
    const noon = (Math.floor(Date.now() / DAY_MS) + 1.5) * DAY_MS;
    await s.travel(noon - Date.now());
    for (const person of people) expect(await ingest(person, touches(15))).toBe(15);
    await w.stored();
    const ask = async () =>
      await heatmaps(admin).queryHeatmapData({ screenName: 'Inbox', eventTypes: [TAP] });
    expect(await ask()).toMatchObject({ dataPoints: [], cohortEnabled: false });
    await s.travel(DAY_MS);
    const day = timestampFromDate(new Date(noon));
    const query = { screenName: 'Inbox', eventTypes: [TAP], dateFrom: day, dateTo: day };
    const { dataPoints, cohortEnabled } = await heatmaps(admin).queryHeatmapData(query);
    expect(cohortEnabled).toBe(true);
    const hottest = dataPoints.toSorted((a, b) => b.value - a.value)[0];
    expect(hottest).toMatchObject({ xPct: expect.closeTo(0.51), yPct: expect.closeTo(0.51) });
    expect(Math.abs((hottest?.value ?? 0) - 360)).toBeLessThan(120);
    expect(await ingest(people[0] ?? admin, touches(15))).toBe(15);
  });

  test('leaves nothing by which a member could be counted further', async () => {
    await s.travel(2 * DAY_MS);
    await s.database.query(`select graphile_worker.add_job('heatmap.purge-allowances', payload := '{}')`);
    await eventually(
      'old allowances are deleted',
      async () => (await s.database.query(`select from touch_allowance`)).length === 0,
    );
  });
});
