import { Code } from '@connectrpc/connect';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FilterOperator } from '@dovecote/contract/common/v1/filters_pb';
import {
  DashboardsService as ShippedService,
  type DashboardTileInputSchema,
  DashboardTileViewMode,
} from '@dovecote/contract/dashboard/dashboards/v1/dashboards_pb';
import {
  DashboardsService,
  type Tile,
  type TileSchema,
  TileType,
  Visualization,
} from '@dovecote/contract/dashboards/v1/dashboards_pb';
import { Aggregation, InsightType, Operator } from '@dovecote/contract/insights/v1/insights_pb';
import {
  AggregationType,
  InsightType as ShippedType,
  TopKQuery_Dimension,
} from '@dovecote/contract/shared/insights/v1/insights_pb';
import { type Cast, inProject, seedCast } from '../support/cast.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ env: { ROLE: 'api' } });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const dashboards = (who = cast.alice, project: { readonly id: string } = cast.site) =>
  inProject(who, project, DashboardsService);
const shipped = () => inProject(cast.alice, cast.site, ShippedService);

type TileInit = Exclude<MessageInitShape<typeof TileSchema>, { $typeName: string }>;
type ShippedTile = Exclude<MessageInitShape<typeof DashboardTileInputSchema>, { $typeName: string }>;
const place = { x: 0, y: 0, w: 6, h: 4 };
const note = (content: string, more: TileInit = {}): TileInit => ({
  type: TileType.MARKDOWN,
  position: place,
  content: { case: 'markdown', value: { content } },
  ...more,
});
const question = (name: string, more: TileInit = {}): TileInit => ({
  type: TileType.INSIGHT,
  position: place,
  content: { case: 'insight', value: { query: { events: [{ name }] }, visualization: Visualization.BAR } },
  ...more,
});

async function make(name = 'Board') {
  const { dashboard } = await dashboards().create({ name });
  return dashboard?.id ?? '';
}
async function save(dashboardId: string, ...tiles: TileInit[]) {
  return (await dashboards().upsert({ dashboardId, tiles })).dashboard?.tiles ?? [];
}
const tilesOf = async (id: string): Promise<Tile[]> =>
  (await dashboards().get({ id })).dashboard?.tiles ?? [];
const shippedTilesOf = async (id: string) => (await shipped().get({ id })).dashboard?.tiles ?? [];
const saveShipped = async (id: string, ...tiles: ShippedTile[]) =>
  (await shipped().upsert({ id, displayName: 'Board', tiles })).dashboard?.tiles ?? [];

describe('a dashboard of another organization', () => {
  test('is not found, whatever is done', async () => {
    const id = await make();
    const theirs = dashboards(cast.mallory, cast.otherSite);
    const calls = [
      theirs.get({ id }),
      theirs.update({ id, name: 'Mine' }),
      theirs.upsert({ dashboardId: id }),
      theirs.delete({ id }),
    ];
    for (const refused of await refusalsOf(calls)) expect(refused.code).toBe(Code.NotFound);
    expect((await theirs.list({})).dashboards).toEqual([]);
    expect((await refusalOf(dashboards(cast.mallory, cast.site).list({}))).code).toBe(Code.Unauthenticated);
  });
});

describe('a save is refused', () => {
  test.each<[string, TileInit, string[]]>([
    ['a tile without a type', { ...note('x'), type: TileType.UNSPECIFIED }, ['tiles[0].type']],
    ['a type that is not that of the content', note('x', { type: TileType.INSIGHT }), ['tiles[0]']],
    ['a tile without a place', { ...note('x'), position: undefined }, ['tiles[0].position']],
    ['a place beyond the grid', note('x', { position: { x: 7, y: 0, w: 6, h: 1 } }), ['tiles[0].position']],
    ['a place without a width', note('x', { position: { x: 0, y: 0, h: 1 } }), ['tiles[0].position.w']],
    ['a long title', note('x', { title: 'x'.repeat(151) }), ['tiles[0].title']],
    ['a long id', note('x', { id: 'x'.repeat(65) }), ['tiles[0].id']],
    [
      'a sum of nothing',
      question('a', {
        content: {
          case: 'insight',
          value: { query: { events: [{ name: 'a' }], aggregation: Aggregation.SUM } },
        },
      }),
      ['tiles[0].insight.query.aggregation_property'],
    ],
    [
      'a condition without a value',
      question('a', {
        content: {
          case: 'insight',
          value: {
            query: { events: [{ name: 'a', filters: [{ property: 'x', operator: Operator.EQUALS }] }] },
          },
        },
      }),
      ['tiles[0].insight.query.events[0].filters[0].value'],
    ],
  ])('with %s', async (_, tile, fields) => {
    const refused = await refusalOf(save(await make(), tile));
    expect(refused).toMatchObject({ code: Code.InvalidArgument, fields });
  });

  test('with one id for two tiles', async () => {
    const refused = await refusalOf(save(await make(), note('a', { id: 'x' }), note('b', { id: 'x' })));
    expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['tiles[1].id'] });
  });

  test('to members who only read, and to all keys', async () => {
    const id = await make();
    expect((await refusalOf(dashboards(cast.erin).get({ id }))).code).toBe(Code.PermissionDenied);
    expect((await refusalOf(cast.site.keys.shared.client(DashboardsService).get({ id }))).code).toBe(
      Code.PermissionDenied,
    );
  });
});

describe('a dashboard', () => {
  test('is listed without tiles, oldest first, and keeps what an update leaves out', async () => {
    const [first, second] = [await make('A'), await make('A')];
    await save(first, note('x'));
    await dashboards().update({ id: first, description: 'About' });
    await dashboards().update({ id: first, name: 'B' });
    const { dashboards: listed } = await dashboards().list({});
    const mine = listed.filter(({ id }) => id === first || id === second);
    expect(mine).toMatchObject([
      { id: first, name: 'B', description: 'About', tiles: [] },
      { id: second, name: 'A', description: '', tiles: [] },
    ]);
  });

  test('takes ids of the caller, and makes others', async () => {
    const id = await make();
    const tiles = await save(id, note('a', { id: 'intro' }), note('b'));
    expect(tiles.map((tile) => tile.id)).toEqual(['intro', expect.stringMatching(/^tile_\w{20}$/)]);
    const elsewhere = await make();
    expect((await save(elsewhere, note('c', { id: 'intro' })))[0]?.id).toBe('intro');
    expect((await tilesOf(id))[0]?.content).toMatchObject({ value: { content: 'a' } });
  });

  test('returns questions as they were sent, their own time included', async () => {
    const id = await make();
    const query = {
      events: [{ name: 'Order Completed' }, { name: 'page_view' }],
      insightType: InsightType.SEGMENTATION,
      timeRange: { start: { seconds: 1n }, end: { seconds: 3601n } },
      breakdown: { property: '$geo.country' },
      filters: [{ property: 'plan', operator: Operator.IN, values: ['a', 'b'] }],
    };
    await save(id, question('x', { content: { case: 'insight', value: { query } } }));
    const [tile] = await tilesOf(id);
    expect(tile?.content).toMatchObject({ case: 'insight', value: { query } });
  });

  test('is emptied by an empty list, and deleted', async () => {
    const id = await make();
    await save(id, note('x'));
    expect(await save(id)).toEqual([]);
    await dashboards().delete({ id });
    expect((await refusalOf(dashboards().get({ id }))).code).toBe(Code.NotFound);
  });
});

describe('a board of the documented contract', () => {
  test('is shown by the shipped one, on its grid', async () => {
    const id = await make();
    const filters = [{ property: '$geo.country', operator: Operator.EQUALS, value: 'SE' }];
    const query = { events: [{ name: 'view', filters }], aggregation: Aggregation.UNIQUE_USERS };
    const value = { query, visualization: Visualization.BAR_STACKED };
    await save(id, question('x', { title: 'Users', content: { case: 'insight', value } }));
    const [tile] = await shippedTilesOf(id);
    expect(tile).toMatchObject({
      displayName: 'Users',
      viewMode: DashboardTileViewMode.BAR_STACKED,
      position: { x: 0, y: 0, w: 36, h: 24 },
    });
    expect(tile?.content).toMatchObject({
      case: 'insight',
      value: {
        spec: {
          insightType: ShippedType.TRENDS,
          events: [
            {
              aggregation: AggregationType.UNIQUE_USERS,
              event: {
                kind: 'view',
                filters: [{ property: '$country', operator: FilterOperator.EQUALS, value: 'SE' }],
              },
            },
          ],
        },
      },
    });
  });

  test('loses nothing when the shipped one saves what it has read', async () => {
    const id = await make();
    const query = {
      events: [{ name: 'page_view' }],
      insightType: InsightType.FUNNEL,
      timeRange: { start: { seconds: 1n }, end: { seconds: 3601n } },
    };
    const value = {
      query: { ...query, events: [{ name: 'a' }, { name: 'b' }] },
      visualization: Visualization.FUNNEL,
    };
    await save(id, question('x', { content: { case: 'insight', value } }), note('n', { title: 'N' }));
    const before = await tilesOf(id);
    await saveShipped(id, ...(await shippedTilesOf(id)).map(({ $typeName: _, ...tile }) => tile));
    expect(await tilesOf(id)).toEqual(before);
  });
});

describe('a board of the shipped contract', () => {
  const flow: ShippedTile = {
    displayName: 'Flow',
    description: 'How sessions go on',
    viewMode: DashboardTileViewMode.SANKEY,
    position: { x: 1, y: 2, w: 30, h: 25 },
    header: { icon: '🕊️', accentColor: 'blue' },
    content: {
      case: 'insight',
      value: { spec: { insightType: ShippedType.USER_FLOW, userFlow: { maxHops: 3 } } },
    },
  };
  const top: ShippedTile = {
    viewMode: DashboardTileViewMode.TABLE,
    content: {
      case: 'insight',
      value: {
        spec: { insightType: ShippedType.TOP_K, topK: { dimension: TopKQuery_Dimension.EVENT_KIND } },
      },
    },
  };
  const trend: ShippedTile = {
    displayName: 'Views',
    viewMode: DashboardTileViewMode.AREA,
    position: { x: 31, y: 2, w: 41, h: 25 },
    thresholds: [{ operator: 1, value: 5, tone: 2 }],
    content: {
      case: 'insight',
      value: { spec: { insightType: ShippedType.TRENDS, events: [{ event: { kind: 'view' } }] } },
    },
  };

  test('is shown by the documented one: what that cannot ask is a note', async () => {
    const id = await make();
    await saveShipped(id, flow, trend);
    const [first, second] = await tilesOf(id);
    expect(first).toMatchObject({
      title: 'Flow',
      type: TileType.MARKDOWN,
      position: { x: 0, y: 0, w: 5, h: 5 },
    });
    expect(second).toMatchObject({ type: TileType.INSIGHT, position: { x: 5, y: 0, w: 7, h: 5 } });
    expect(second?.content).toMatchObject({
      case: 'insight',
      value: { visualization: Visualization.AREA, query: { events: [{ name: 'view' }] } },
    });
  });

  test('loses nothing when the documented one saves what it has read', async () => {
    const id = await make();
    await saveShipped(id, flow, trend);
    const before = await shippedTilesOf(id);
    await save(id, ...(await tilesOf(id)).map(({ $typeName: _, ...tile }) => tile));
    const after = await shippedTilesOf(id);
    expect(after).toEqual(before);
  });

  test('is changed by the documented one where that says something else', async () => {
    const id = await make();
    await saveShipped(id, flow, top, trend);
    const [first, second, third] = await tilesOf(id);
    if (!first || !second || !third) throw new Error('There are three tiles.');
    const moved = { ...second, $typeName: undefined, title: 'Top', position: { x: 6, y: 6, w: 6, h: 6 } };
    const asked = { ...third, $typeName: undefined, content: question('other').content };
    await save(id, { ...first, $typeName: undefined, title: 'Paths' }, moved, asked);
    const [paths, kinds, other] = await shippedTilesOf(id);
    expect(paths).toMatchObject({ ...flow, displayName: 'Paths' });
    expect(kinds).toMatchObject({ ...top, displayName: 'Top', position: { x: 36, y: 36, w: 36, h: 36 } });
    expect(other).toMatchObject({ thresholds: [{ value: 5 }], viewMode: DashboardTileViewMode.BAR_GROUPED });
    expect(other?.content).toMatchObject({ value: { spec: { events: [{ event: { kind: 'other' } }] } } });
  });
});
