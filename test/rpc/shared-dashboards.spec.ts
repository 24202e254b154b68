import { Code, ConnectError } from '@connectrpc/connect';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TimeRangePreset } from '@dovecote/contract/common/v1/time_pb';
import { DashboardsService } from '@dovecote/contract/dashboard/dashboards/v1/dashboards_pb';
import { DashboardService } from '@dovecote/contract/dovecote/dashboard/v1/dashboard_pb';
import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { SharedDashboardsService } from '@dovecote/contract/public/dashboards/v1/dashboards_pb';
import {
  AggregationType,
  Granularity,
  InsightType,
  TopKQuery_Dimension,
} from '@dovecote/contract/shared/insights/v1/insights_pb';
import { openStore, plantEvents } from '../support/analytics-events.js';
import { addMember, addOrganization, addProject, type Cast, inProject, seedCast } from '../support/cast.js';
import { newEmail } from '../support/members.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const HOUR_MS = 3_600_000;

let s: TestServer;
let cast: Cast;
let store: ReturnType<typeof openStore>;

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { ROLE: 'api' } });
  cast = await seedCast(s);
  if (!s.analytics) throw new Error('The server has an analytics store.');
  store = openStore(s.analytics);
});
afterAll(async () => {
  await store?.stop();
  await s?.stop();
});

const dashboards = (who = cast.alice, project: { readonly id: string } = cast.site) =>
  inProject(who, project, DashboardsService);
const own = (who = cast.alice, project: { readonly id: string } = cast.site) =>
  inProject(who, project, DashboardService);
const visitor = () => s.client(SharedDashboardsService);
const query = (shareId: string) => visitor().query({ shareId });

type Tiles = Parameters<ReturnType<typeof dashboards>['upsert']>[0]['tiles'] & object;
const note: Tiles = [{ content: { case: 'markdown', value: { body: '<script>alert(1)</script>' } } }];

async function make(tiles: Tiles = note, who = cast.alice, project: { readonly id: string } = cast.site) {
  const theirs = dashboards(who, project);
  const { dashboard } = await theirs.create({ displayName: 'Shared' });
  const id = dashboard?.id ?? '';
  await theirs.upsert({ id, displayName: 'Shared', tiles });
  return id;
}

async function share(id: string, isPublic = true): Promise<string> {
  const { dashboard } = await dashboards().update({ id, displayName: 'Shared', isPublic });
  return dashboard?.shareId ?? '';
}

async function refused(shareId: string) {
  const refusal = await refusalOf(query(shareId));
  expect(refusal).toEqual({
    code: Code.NotFound,
    reason: 'DASHBOARD_NOT_FOUND',
    message: 'Dashboard not found.',
    fields: [],
    retryAfterSeconds: undefined,
  });
}

describe('a link does not answer', () => {
  test.each(['', 'x', 'f'.repeat(64), `${'f'.repeat(63)}'`, 'F'.repeat(64), 'f'.repeat(50_000)])(
    'when it is a guess: %#',
    (token) => refused(token),
  );

  test('when it is turned off, and is the same when it is turned on again', async () => {
    const id = await make();
    const token = await share(id);
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect((await query(token)).dashboard?.displayName).toBe('Shared');
    expect(await share(id, false)).toBe('');
    await refused(token);
    expect(await share(id)).toBe(token);
    await query(token);
  });

  test('when it is revoked, and is another one afterwards', async () => {
    const id = await make();
    const token = await share(id);
    await own().revokeShare({ dashboardId: id });
    await refused(token);
    await own().revokeShare({ dashboardId: id });
    const next = await share(id);
    expect(next).not.toBe(token);
    await refused(token);
    const { share: renewed } = await own().shareDashboard({ dashboardId: id, renew: true });
    await refused(next);
    await query(renewed?.shareId ?? '');
  });

  test('when its board or project is deleted, or its organization suspended', async () => {
    const organization = await addOrganization(s, 'Passing');
    const admin = await addMember(s, organization, { email: newEmail(), role: 'super_admin' });
    const project = await addProject(s, organization, 'Passing');
    const id = await make(note, admin, project);
    const token = (await dashboards(admin, project).update({ id, displayName: 'x', isPublic: true }))
      .dashboard?.shareId;
    if (!token) throw new Error('The board is shared.');
    const set = (column: string, value: string) =>
      s.database.query(`update organization set ${column} = ${value} where id = $1`, [organization.id]);
    await set('suspended_at', 'now()');
    await refused(token);
    await set('suspended_at', 'null');
    await query(token);
    await admin.client(ProjectService).deleteProject({ projectId: project.id, confirmationName: 'Passing' });
    await refused(token);
    const [mine, gone] = [await make(), await make()];
    const tokens = [await share(mine), await share(gone)];
    await dashboards().delete({ id: gone });
    await refused(tokens[1] ?? '');
    await query(tokens[0] ?? '');
  });

  test('beyond its rate, and the rate of an address, whether it exists or not', async () => {
    const token = await share(await make());
    for (const asked of [token, 'e'.repeat(64)]) {
      const outcomes = await Promise.allSettled(Array.from({ length: 150 }, () => query(asked)));
      const codes = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [ConnectError.from(outcome.reason).code] : [],
      );
      expect(codes).toContain(Code.ResourceExhausted);
    }
    await s.travel(120_000);
    await query(token);
  });

  test('to a range that ends before it begins', async () => {
    const token = await share(await make());
    const timeRange = { from: { seconds: 2n }, to: { seconds: 1n } };
    expect((await refusalOf(visitor().query({ shareId: token, timeRange }))).code).toBe(Code.InvalidArgument);
  });
});

describe('an end of a link', () => {
  test('lies in the future, is shown to members, and ends it for good', async () => {
    const id = await make();
    const past = timestampFromDate(new Date(Date.now() - 1000));
    expect((await refusalOf(own().shareDashboard({ dashboardId: id, expireTime: past }))).fields).toEqual([
      'expire_time',
    ]);
    const [clock] = await s.database.query<{ now: Date }>('select now()');
    const expireTime = timestampFromDate(new Date((clock?.now.getTime() ?? 0) + 24 * HOUR_MS));
    const { share: made } = await own().shareDashboard({ dashboardId: id, expireTime });
    const token = made?.shareId ?? '';
    await query(token);
    expect((await own().getDashboard({ dashboardId: id })).share).toMatchObject({
      shareId: token,
      expireTime,
    });
    await s.travel(25 * HOUR_MS);
    await refused(token);
    expect((await own().getDashboard({ dashboardId: id })).share).toBeUndefined();
    const next = await share(id);
    expect(next).not.toBe(token);
    await refused(token);
    await query(next);
  });
});

describe('a link', () => {
  test('is stored as a hash and sealed, and only members who write may make one', async () => {
    const id = await make();
    const token = await share(id);
    const [row] = await s.database.query<{ row: string }>(
      `select encode(sealed_token, 'escape') || encode(token_hash, 'hex') || s::text as row from board_share s where board_id = $1`,
      [id],
    );
    expect(row?.row).not.toContain(token);
    const theirs = own(cast.mallory, cast.otherSite);
    const calls = [theirs.shareDashboard({ dashboardId: id }), theirs.revokeShare({ dashboardId: id })];
    for (const { reason } of await refusalsOf(calls)) expect(reason).toBe('DASHBOARD_NOT_FOUND');
    expect((await refusalOf(own(cast.erin).shareDashboard({ dashboardId: id }))).code).toBe(
      Code.PermissionDenied,
    );
    const trail = await s.database.query<{ event_type: string }>(
      `select event_type from audit_event where entity_id = $1 and event_type like '%SHARED'`,
      [id],
    );
    expect(trail).toEqual([{ event_type: 'DASHBOARD_SHARED' }]);
    expect(JSON.stringify(s.logLines())).not.toContain(token);
  });

  test('shows the numbers of members, in the zone of the project, without ids of persons or the project', async () => {
    const project = await addProject(s, cast.acme, 'Zoned');
    await cast.alice.client(ProjectService).updateProject({ projectId: project.id, zone: 'Asia/Kolkata' });
    const [clock] = await s.database.query<{ now: Date }>('select now()');
    const now = (clock?.now.getTime() ?? 0) + 26 * HOUR_MS;
    const at = new Date(Math.min(now, Date.now()) - HOUR_MS).toISOString();
    await plantEvents(store.store, [
      { project: project.number, kind: 'view', at, distinctId: 'ann@acme.example' },
      { project: cast.otherSite.number, kind: 'view', at, distinctId: 'eve@other.example' },
    ]);
    const insight = (spec: object) => ({ content: { case: 'insight' as const, value: { spec } } });
    const id = await make(
      [
        insight({ insightType: InsightType.TRENDS, events: [{ event: { kind: 'view' } }] }),
        insight({
          insightType: InsightType.TOP_K,
          topK: { dimension: TopKQuery_Dimension.USER, metric: AggregationType.TOTAL },
        }),
      ],
      cast.alice,
      project,
    );
    const theirs = dashboards(cast.alice, project);
    const { dashboard } = await theirs.update({
      id,
      displayName: 'Shared',
      isPublic: true,
      defaultTimeRange: TimeRangePreset.LAST_7_DAYS,
      defaultGranularity: Granularity.DAY,
    });
    const shown = (await query(dashboard?.shareId ?? '')).dashboard;
    const members = (await theirs.queryDashboard({ dashboardId: id })).dashboard;
    expect(shown?.tiles[0]).toEqual(members?.tiles[0]);
    const [trend, top] = shown?.tiles ?? [];
    const points =
      trend?.outcome.case === 'result' && trend.outcome.value.result.case === 'trends'
        ? trend.outcome.value.result.value.series[0]?.points
        : undefined;
    expect(points).toHaveLength(1);
    expect(Number(points?.[0]?.time?.seconds) % 86_400).toBe(18.5 * 3600);
    expect(top?.outcome).toMatchObject({
      case: 'result',
      value: { result: { value: { rows: [{ dimensionValue: 'Person 1', value: 1 }] } } },
    });
    const told = JSON.stringify(shown, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    for (const secret of ['ann@acme.example', project.id, cast.acme.id, 'eve@'])
      expect(told).not.toContain(secret);
    expect(
      JSON.stringify(members, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    ).toContain('ann@acme.example');
  });
});
