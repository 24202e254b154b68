import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { HeatmapService, TouchEventType } from '@dovecote/contract/pidgr/v1/heatmap_pb';
import { OrganizationService } from '@dovecote/contract/pidgr/v1/organization_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { dailyCap } from '../../src/modules/analytics/heatmap/touch.rules.js';
import { type Cast, seedCast } from '../support/cast.js';
import { heatmaps, HeatWorld, ingest, touch, touches } from '../support/heatmaps.js';
import { hire } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

jest.setTimeout(120_000);

const { TAP, SCROLL, LONG_PRESS, ACTION_CLICK } = TouchEventType;

let s: TestServer;
let w: HeatWorld;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  w = new HeatWorld(s);
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

describe('IngestTouchEvents', () => {
  test('is for members, and not for keys', async () => {
    const refusal = await refusalOf(heatmaps(cast.kiosk).ingestTouchEvents({ events: [touch()] }));
    expect(refusal.code).toBe(Code.PermissionDenied);
    const none = s.client(HeatmapService).ingestTouchEvents({ events: [touch()] });
    expect((await refusalOf(none)).code).toBe(Code.Unauthenticated);
  });

  test('refuses more than 100 touches', async () => {
    const refusal = await refusalOf(heatmaps(cast.erin).ingestTouchEvents({ events: touches(101) }));
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['events'] });
  });

  test('skips what breaks a limit, and counts the others', async () => {
    const own = await w.organization();
    const { admin } = own;
    const bad = [
      { screenName: '' },
      { xPct: 1.5 },
      { yPct: NaN },
      { eventType: TouchEventType.UNSPECIFIED },
      { screenWidth: 0 },
      { campaignId: 'spring' },
      { clientTimestamp: timestampFromDate(new Date(0)) },
    ];
    expect(await ingest(admin, [touch(), ...bad.map(touch), touch({ screenName: 'Profile' })])).toBe(2);
    expect(await ingest(admin, bad.map(touch))).toBe(0);
    expect(await ingest(admin, [])).toBe(0);
    expect((await w.rowsOf(own.id)).map(({ screen }) => screen).sort()).toEqual(['Inbox', 'Profile']);
  });

  test('stores a cohort, a day and a cell, and nothing by which touches or members are found', async () => {
    const own = await w.organization();
    const { admin } = own;
    expect(
      await ingest(admin, touches(2, { xPct: 0.999, clientTimestamp: timestampFromDate(new Date()) })),
    ).toBe(2);
    const rows = await w.rowsOf(own.id);
    expect(rows).toHaveLength(2);
    for (const row of rows)
      expect(row).toEqual({
        project: await w.numberOf(own.id),
        screen: 'Inbox',
        day: w.dayAgo(0),
        touch: expect.anything(),
        campaign: '',
        kind: TAP,
        x: 199,
        y: 100,
        bucket: expect.any(Number),
        salted_at: expect.any(Number),
        expires_on: expect.any(String),
      });
    expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBe(2);
    const everything = await s.database.query('select * from touch_allowance');
    expect(JSON.stringify([rows, everything])).not.toContain(admin.userId.slice(-12));
    expect(JSON.stringify([rows, everything])).not.toContain(admin.identityId.slice(-12));
  });

  test('counts so many touches of a member and day, also of calls at once', async () => {
    const own = await w.organization();
    const { admin } = own;
    const other = await hire(s, own);
    const counts = await Promise.all([1, 2, 3].map(() => ingest(admin, touches(dailyCap.touches - 4))));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(dailyCap.touches);
    expect(await ingest(admin, touches(100, { eventType: LONG_PRESS }))).toBe(0);
    expect(await ingest(admin, touches(100, { eventType: SCROLL }))).toBe(dailyCap.scrolls);
    expect(await ingest(other, touches(100, { eventType: ACTION_CLICK }))).toBe(dailyCap.touches);
    expect(await w.rowsOf(own.id)).toHaveLength(2 * dailyCap.touches + dailyCap.scrolls);
  });

  test('stores nothing of an organization without behavioural analytics', async () => {
    const own = await w.organization();
    const { admin } = own;
    await admin.client(OrganizationService).updateOrgPrivacySettings({ behavioralAnalyticsEnabled: false });
    expect(await ingest(admin, touches(3))).toBe(0);
    expect(await s.database.query('select from heatmap where org_id = $1', [admin.orgId])).toEqual([]);
    await admin.client(OrganizationService).updateOrgPrivacySettings({ behavioralAnalyticsEnabled: true });
    expect(await ingest(admin, touches(3))).toBe(3);
  });

  test('stores nothing of a member whose processing is restricted', async () => {
    const own = await w.organization();
    const { admin } = own;
    const rita = await hire(s, own);
    const privacy = admin.client(PrivacyService);
    await privacy.restrictProcessing({ userId: rita.userId, restricted: true });
    expect(await ingest(rita, touches(3))).toBe(0);
    expect(await ingest(admin, touches(2))).toBe(2);
    await privacy.restrictProcessing({ userId: rita.userId, restricted: false });
    expect(await ingest(rita, touches(3))).toBe(3);
    expect(await w.rowsOf(own.id)).toHaveLength(5);
  });

  test('gives a member another bucket after the salt was rotated, and keeps the old ones', async () => {
    const own = await w.organization();
    const { admin } = own;
    await ingest(admin, touches(1));
    const [before] = await w.rowsOf(own.id);
    await s.travel(2_000);
    await admin.client(OrganizationService).rotateAnalyticsSalt({ newBucketCount: 4096 });
    await ingest(admin, touches(2));
    const rows = await w.rowsOf(own.id);
    expect(rows).toHaveLength(3);
    expect(rows).toContainEqual(before);
    const after = rows.filter(({ salted_at }) => salted_at !== before?.salted_at);
    expect(new Set(after.map(({ bucket }) => bucket)).size).toBe(1);
  });
});
