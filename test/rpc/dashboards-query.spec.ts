import { Code } from '@connectrpc/connect';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  DashboardsService as DocumentedService,
  TileType,
} from '@dovecote/contract/dashboards/v1/dashboards_pb';
import {
  DashboardsService,
  type RenderedTile,
} from '@dovecote/contract/dashboard/dashboards/v1/dashboards_pb';
import { DashboardService } from '@dovecote/contract/dovecote/dashboard/v1/dashboard_pb';
import { Granularity, InsightsService, InsightType } from '@dovecote/contract/shared/insights/v1/insights_pb';
import { openStore, plantEvents } from '../support/analytics-events.js';
import { type Cast, inProject, seedCast } from '../support/cast.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

const at = (day: string) => Date.parse(`2026-06-${day}T00:00:00Z`);
const range = (from: string, to: string) => ({
  from: timestampFromMs(at(from)),
  to: timestampFromMs(at(to)),
});

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { ROLE: 'api' } });
  cast = await seedCast(s);
  if (!s.analytics) throw new Error('The server has an analytics store.');
  const { store, stop } = openStore(s.analytics);
  const event = (project: number, day: string, distinctId: string, kind = 'view') => ({
    project,
    kind,
    at: `2026-06-${day}T10:00:00.000Z`,
    distinctId,
  });
  await plantEvents(store, [
    event(cast.site.number, '01', 'ann'),
    event(cast.site.number, '03', 'ann'),
    event(cast.site.number, '03', 'bob'),
    event(cast.site.number, '04', 'bob', '=cmd'),
    event(cast.otherSite.number, '03', 'eve'),
  ]);
  await stop();
});
afterAll(() => s?.stop());

const dashboards = (who = cast.alice, project: { readonly id: string } = cast.site) =>
  inProject(who, project, DashboardsService);
const own = (who = cast.alice, project: { readonly id: string } = cast.site) =>
  inProject(who, project, DashboardService);

const insight = (spec: object, displayName = '') => ({
  displayName,
  content: { case: 'insight' as const, value: { spec } },
});
const total = (kind: string, title = '') =>
  insight({ insightType: InsightType.SEGMENTATION, events: [{ event: { kind } }] }, title);
const trend = (kind: string, title = '') =>
  insight({ insightType: InsightType.TRENDS, events: [{ event: { kind } }] }, title);
const note = { content: { case: 'markdown' as const, value: { body: 'Hello' } } };

async function make(...tiles: object[]) {
  const { dashboard } = await dashboards().create({ displayName: 'Board' });
  const id = dashboard?.id ?? '';
  await dashboards().upsert({ id, displayName: 'Board', tiles });
  return id;
}

/** What each tile shows: `3`, `1 0 2`, an error, or nothing. */
function shown(tiles: readonly Pick<RenderedTile, 'outcome'>[] = []): string[] {
  return tiles.map(({ outcome }) => {
    if (outcome.case === 'errorMessage') return outcome.value;
    const result = outcome.case === 'result' ? outcome.value.result : undefined;
    if (result?.case === 'segmentation') return String(result.value.total);
    if (result?.case === 'trends')
      return result.value.series.map(({ points }) => points.map(({ value }) => value).join(' ')).join(' | ');
    return result?.case ?? '';
  });
}

describe('a query', () => {
  test('answers all tiles for one range, of the project alone, and notes with nothing', async () => {
    const dashboardId = await make(total('view'), note, trend('view'));
    const { dashboard } = await dashboards().queryDashboard({ dashboardId, timeRange: range('01', '05') });
    expect(shown(dashboard?.tiles)).toEqual(['3', '', '1 2']);
    const narrow = await dashboards().queryDashboard({ dashboardId, timeRange: range('03', '04') });
    expect(shown(narrow.dashboard?.tiles)).toEqual(['2', '', '2']);
    const { result } = await inProject(cast.alice, cast.site, InsightsService).query({
      spec: { insightType: InsightType.SEGMENTATION, events: [{ event: { kind: 'view' } }] },
      timeRange: range('01', '05'),
      granularity: Granularity.DAY,
    });
    expect(result).toMatchObject({ case: 'segmentation', value: { total: 3 } });
  });

  test('of a board whose tiles fail says so in each, and answers the others', async () => {
    const steps = insight({ insightType: InsightType.FUNNEL, events: [{ event: {} }] });
    const dashboardId = await make(total('view'), steps, total('view'));
    await s.database.query(
      `update board set tiles = jsonb_set(tiles, '{2,content,spec,events}', '"of another shape"') where id = $1`,
      [dashboardId],
    );
    const { dashboard } = await dashboards().queryDashboard({ dashboardId, timeRange: range('01', '05') });
    expect(shown(dashboard?.tiles)).toEqual([
      '3',
      'invalid query parameters: event 1 needs a kind or a filter',
      'query failed',
    ]);
  });

  test('over a range that is too long for its buckets fails in each tile', async () => {
    const dashboardId = await make(total('view'));
    const { dashboard } = await dashboards().queryDashboard({
      dashboardId,
      timeRange: range('01', '02'),
      granularity: Granularity.MINUTE,
    });
    expect(shown(dashboard?.tiles)).toEqual([
      'invalid query parameters: time_range must not exceed 6 hours for this granularity',
    ]);
    const timeRange = { from: { seconds: 2n }, to: { seconds: 1n } };
    const refused = await refusalOf(dashboards().queryDashboard({ dashboardId, timeRange }));
    expect(refused.code).toBe(Code.InvalidArgument);
  });

  test('counts a documented tile as the documented contract does', async () => {
    const { dashboard } = await inProject(cast.alice, cast.site, DocumentedService).create({ name: 'D' });
    const dashboardId = dashboard?.id ?? '';
    const query = { events: [{ name: 'view' }], insightType: 2, aggregation: 2 };
    await inProject(cast.alice, cast.site, DocumentedService).upsert({
      dashboardId,
      tiles: [
        {
          type: TileType.INSIGHT,
          position: { w: 6, h: 4 },
          content: { case: 'insight', value: { query } },
        },
      ],
    });
    const rendered = await dashboards().queryDashboard({ dashboardId, timeRange: range('01', '05') });
    expect(shown(rendered.dashboard?.tiles)).toEqual(['2']);
  });

  test('that is cancelled is over at once, and so are its questions', async () => {
    const dashboardId = await make(...Array.from({ length: 100 }, (_, index) => total(`kind-${index}`)));
    const controller = new AbortController();
    const call = dashboards().queryDashboard(
      { dashboardId, timeRange: range('01', '05') },
      { signal: controller.signal },
    );
    controller.abort();
    expect((await refusalOf(call)).code).toBe(Code.Canceled);
    const other = await dashboards(cast.mallory, cast.otherSite).list({});
    expect(other.dashboards).toEqual([]);
  });

  test('of a hundred tiles of one organization does not keep another one waiting', async () => {
    const dashboardId = await make(...Array.from({ length: 100 }, (_, index) => trend(`slow-${index}`)));
    let isDone = false;
    const heavy = dashboards()
      .queryDashboard({ dashboardId, timeRange: range('01', '05') })
      .finally(() => {
        isDone = true;
      });
    const { result } = await inProject(cast.mallory, cast.otherSite, InsightsService).query({
      spec: { insightType: InsightType.SEGMENTATION },
      timeRange: range('01', '05'),
      granularity: Granularity.DAY,
    });
    expect(result).toMatchObject({ value: { total: 1 } });
    expect(isDone).toBe(false);
    expect(shown((await heavy).dashboard?.tiles)).toHaveLength(100);
  });
});

describe('a query with a comparison', () => {
  test('answers both ranges, bucket by bucket', async () => {
    const dashboardId = await make(trend('view'), note, total('view'));
    const window = {
      range: { case: 'timeRange' as const, value: range('03', '05') },
      comparison: { case: 'previousPeriod' as const, value: {} },
    };
    const answered = await own().queryDashboard({ dashboardId, window });
    expect(shown(answered.dashboard?.tiles)).toEqual(['2 0', '', '2']);
    expect(shown(answered.comparedTiles)).toEqual(['1 0', '1']);
    expect(answered.comparedRange).toMatchObject(range('01', '03'));
    expect(answered.timeRange).toMatchObject(range('03', '05'));
  });
});

describe('an export', () => {
  const files = async (dashboardId: string, more: object = {}) => {
    const pieces = new Map<string, string>();
    const stream = own().exportTiles({
      dashboardId,
      window: { range: { case: 'timeRange', value: range('01', '05') } },
      ...more,
    });
    for await (const { fileName, outcome } of stream) {
      const text =
        outcome.case === 'content' ? Buffer.from(outcome.value).toString() : `error: ${outcome.value}`;
      pieces.set(fileName, (pieces.get(fileName) ?? '') + text);
    }
    return [...pieces];
  };

  test('has a file for each question, without formulas, and says which failed', async () => {
    const steps = insight({ insightType: InsightType.FUNNEL, events: [{ event: {} }] }, 'Steps');
    const everything = insight({ insightType: InsightType.TRENDS }, 'All');
    const dashboardId = await make(total('view', 'Views'), note, everything, steps);
    expect(await files(dashboardId)).toEqual([
      ['views.csv', '"value"\r\n3\r\n'],
      [
        'all.csv',
        [
          '"event","time","value"',
          '"view","2026-06-01T00:00:00.000Z",1',
          '"view","2026-06-03T00:00:00.000Z",2',
          `"'=cmd","2026-06-04T00:00:00.000Z",1`,
          '',
        ].join('\r\n'),
      ],
      ['steps.csv', 'error: invalid query parameters: event 1 needs a kind or a filter'],
    ]);
  });

  test('of tiles that the board does not have, or of another project, is refused', async () => {
    const dashboardId = await make(total('view'));
    expect((await refusalOf(files(dashboardId, { tileIds: ['x'] }))).reason).toBe('DASHBOARD_TILE_NOT_FOUND');
    const stream = own(cast.mallory, cast.otherSite).exportTiles({ dashboardId });
    const first = stream[Symbol.asyncIterator]().next();
    expect((await refusalOf(first)).reason).toBe('DASHBOARD_NOT_FOUND');
  });
});

describe('a version', () => {
  test('that another save has replaced is refused', async () => {
    const dashboardId = await make(note);
    const { version } = await own().getDashboard({ dashboardId });
    const save = (expectedVersion: bigint, displayName: string) =>
      own().upsertDashboard({ dashboard: { id: dashboardId, displayName, tiles: [] }, expectedVersion });
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((name) => save(version, name)));
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    const stale = await refusalOf(save(version, 'd'));
    expect(stale.code).toBe(Code.Aborted);
    expect((await save(version + 1n, 'e')).version).toBe(version + 2n);
  });
});

describe('a copy and a template', () => {
  test('make boards with other ids, which are not shared', async () => {
    const dashboardId = await make(total('view', 'Views'), note);
    await dashboards().update({ id: dashboardId, displayName: 'Board', isPublic: true });
    const before = (await dashboards().get({ id: dashboardId })).dashboard;
    const { dashboard } = await own().duplicateDashboard({ dashboardId, displayName: 'Copy' });
    expect(dashboard).toMatchObject({ displayName: 'Copy', tiles: [{ displayName: 'Views' }, {}] });
    expect(dashboard?.shareId).toBe('');
    const ids = new Set(before?.tiles.map(({ id }) => id));
    expect(dashboard?.tiles.some(({ id }) => ids.has(id))).toBe(false);
  });

  test('are refused in another project, and under names that do not exist', async () => {
    const dashboardId = await make(note);
    const theirs = own(cast.mallory, cast.otherSite);
    const dashboard = { id: dashboardId, displayName: 'x' };
    const calls = [
      theirs.getDashboard({ dashboardId }),
      theirs.duplicateDashboard({ dashboardId }),
      theirs.queryDashboard({ dashboardId }),
      theirs.upsertDashboard({ dashboard, expectedVersion: 1n }),
      own().createFromTemplate({ templateId: 'x' }),
    ];
    for (const refused of await refusalsOf(calls)) expect(refused.code).toBe(Code.NotFound);
  });

  test('of each name are answered by an empty project, too', async () => {
    const { templates } = await own().listTemplates({});
    expect(templates).toHaveLength(4);
    for (const { id, displayName, tileNames } of templates) {
      const theirs = own(cast.mallory, cast.otherSite);
      const { dashboard } = await theirs.createFromTemplate({ templateId: id });
      expect(dashboard).toMatchObject({ displayName });
      expect(dashboard?.tiles.map((tile) => tile.displayName)).toEqual(tileNames);
      const answered = await theirs.queryDashboard({ dashboardId: dashboard?.id ?? '' });
      expect(answered.dashboard?.tiles.map(({ outcome }) => outcome.case)).toEqual(
        tileNames.map(() => 'result'),
      );
    }
  });
});
