import { Code } from '@connectrpc/connect';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TimeRangePreset } from '@dovecote/contract/common/v1/time_pb';
import {
  ComparePeriod,
  DashboardsService,
  type DashboardTileInputSchema,
  DashboardTileViewMode,
  ThresholdRule_Operator,
  ThresholdRule_Tone,
} from '@dovecote/contract/dashboard/dashboards/v1/dashboards_pb';
import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { Granularity, InsightType } from '@dovecote/contract/shared/insights/v1/insights_pb';
import {
  type Actor,
  addMember,
  addProject,
  type Cast,
  inProject,
  seedCast,
  type TestProject,
} from '../support/cast.js';
import { newEmail } from '../support/members.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ env: { ROLE: 'api' } });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const dashboards = (who: Actor = cast.alice, project: { readonly id: string } = cast.site) =>
  inProject(who, project, DashboardsService);

type Tile = Exclude<MessageInitShape<typeof DashboardTileInputSchema>, { $typeName: string }>;
const note = (body: string, more: Tile = {}): Tile => ({
  content: { case: 'markdown', value: { body } },
  ...more,
});
const question = (kind: string, more: Tile = {}): Tile => ({
  content: {
    case: 'insight',
    value: { spec: { insightType: InsightType.TRENDS, events: [{ event: { kind } }] } },
  },
  ...more,
});

async function make(displayName = 'Board', project: { readonly id: string } = cast.site, who = cast.alice) {
  const { dashboard } = await dashboards(who, project).create({ displayName });
  if (!dashboard) throw new Error('No dashboard came back.');
  return dashboard;
}

async function save(id: string, ...tiles: Tile[]) {
  const { dashboard } = await dashboards().upsert({ id, displayName: 'Board', tiles });
  if (!dashboard) throw new Error('No dashboard came back.');
  return dashboard.tiles;
}

async function read(id: string) {
  const { dashboard } = await dashboards().get({ id });
  if (!dashboard) throw new Error('No dashboard came back.');
  return dashboard;
}

const trailOf = (entityId: string) =>
  s.database.query<{ event_type: string; metadata: Record<string, string> }>(
    'select event_type, metadata from audit_event where entity_id = $1 order by created_at, id',
    [entityId],
  );

describe('a dashboard of another project', () => {
  test('is neither found, changed, deleted nor queried, and shows nothing of itself', async () => {
    const { id } = await make();
    await save(id, note('secret'));
    const apart = await addProject(s, cast.acme, 'Apart');
    const elsewhere = [dashboards(cast.mallory, cast.otherSite), dashboards(cast.alice, apart)];
    for (const theirs of elsewhere) {
      const calls = [
        theirs.get({ id }),
        theirs.update({ id, displayName: 'Mine', isPublic: true }),
        theirs.upsert({ id, displayName: 'Mine', tiles: [] }),
        theirs.delete({ id }),
        theirs.queryDashboard({ dashboardId: id }),
      ];
      for (const refused of await refusalsOf(calls))
        expect(refused).toMatchObject({ code: Code.NotFound, reason: 'DASHBOARD_NOT_FOUND' });
      expect((await theirs.list({})).dashboards).toEqual([]);
    }
    const mine = await read(id);
    expect(mine).toMatchObject({ displayName: 'Board', tiles: [{}] });
    expect(mine.shareId).toBe('');
  });

  test('cannot be asked for in the project of another organization, nor without one', async () => {
    const refused = await refusalOf(dashboards(cast.mallory, cast.site).list({}));
    expect(refused.code).toBe(Code.Unauthenticated);
    expect((await refusalOf(cast.alice.client(DashboardsService).list({}))).code).toBe(Code.Unauthenticated);
  });

  test('has tiles that no other dashboard takes over', async () => {
    const [there, here] = [await make(), await make()];
    const [tile] = await save(there.id, note('moved'));
    const refused = await refusalOf(
      dashboards().upsert({ id: here.id, displayName: 'x', tiles: [note('moved', { id: tile?.id })] }),
    );
    expect(refused).toMatchObject({ code: Code.NotFound, reason: 'DASHBOARD_TILE_NOT_FOUND' });
    expect((await read(there.id)).tiles).toHaveLength(1);
    expect((await read(here.id)).tiles).toEqual([]);
  });
});

describe('a dashboard is refused', () => {
  test('to members who do not analyse, and to all keys', async () => {
    const { id } = await make();
    const erin = await refusalOf(dashboards(cast.erin).get({ id }));
    expect(erin.code).toBe(Code.PermissionDenied);
    const kiosk = await refusalOf(dashboards(cast.kiosk).get({ id }));
    expect(kiosk.code).toBe(Code.PermissionDenied);
    const prv = await refusalOf(cast.site.keys.private.client(DashboardsService).get({ id }));
    expect(prv.code).toBe(Code.Unauthenticated);
    const shared = await refusalOf(cast.site.keys.shared.client(DashboardsService).get({ id }));
    expect(shared.code).toBe(Code.PermissionDenied);
  });

  test('to members who only read, when they change something', async () => {
    const reader = await memberWith([1001]);
    const { id } = await make();
    expect((await dashboards(reader).get({ id })).dashboard?.id).toBe(id);
    const theirs = dashboards(reader);
    const calls = [
      theirs.create({ displayName: 'x' }),
      theirs.update({ id, displayName: 'x' }),
      theirs.upsert({ id, displayName: 'x' }),
      theirs.delete({ id }),
    ];
    for (const refused of await refusalsOf(calls)) expect(refused.code).toBe(Code.PermissionDenied);
  });

  test.each<[string, Tile, string]>([
    ['a question without its spec', { content: { case: 'insight', value: {} } }, 'tiles.insight.spec'],
    ['an empty note', note(''), 'tiles.markdown.body'],
    ['a long note', note('x'.repeat(100_001)), 'tiles.markdown.body'],
    ['a position without a size', note('x', { position: { x: 1 } }), 'tiles.position'],
    ['a position that is too wide', note('x', { position: { w: 73, h: 1 } }), 'tiles.position.w'],
    ['an unknown colour', note('x', { header: { accentColor: 'pink' } }), 'tiles.header.accent_color'],
    [
      'a logarithmic axis from zero',
      note('x', { visualization: { logScale: true, zeroBaseline: true } }),
      'tiles.visualization',
    ],
    ['a question that its rules forbid', question('no blanks'), 'tiles.insight.spec.events.event.kind'],
    ['a long title', note('x', { displayName: 'x'.repeat(151) }), 'tiles.display_name'],
  ])('with %s', async (_, tile, field) => {
    const { id } = await make();
    const refused = await refusalOf(dashboards().upsert({ id, displayName: 'x', tiles: [tile] }));
    expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
  });

  test('with a tile that shows nothing, and with the same tile twice', async () => {
    const { id } = await make();
    const [tile] = await save(id, note('x'));
    for (const tiles of [
      [{ displayName: 'x' }],
      [note('a', { id: tile?.id }), note('b', { id: tile?.id })],
    ]) {
      const refused = await refusalOf(dashboards().upsert({ id, displayName: 'x', tiles }));
      expect(refused).toMatchObject({ code: Code.InvalidArgument, reason: 'INVALID_TILE_CONTENT' });
    }
  });

  test('with two names that people take for one another', async () => {
    const { id } = await make();
    const tiles = [note('a', { displayName: 'Daily Users' }), note('b', { displayName: 'daily users' })];
    const refused = await refusalOf(dashboards().upsert({ id, displayName: 'x', tiles }));
    expect(refused).toMatchObject({ code: Code.AlreadyExists, reason: 'DASHBOARD_TILE_NAME_CONFLICT' });
    await save(id, note('a'), note('b'));
  });

  test('with more than 100 tiles, or tiles that are too large in all', async () => {
    const { id } = await make();
    const many = Array.from({ length: 101 }, () => note('x'));
    expect((await refusalOf(dashboards().upsert({ id, displayName: 'x', tiles: many }))).code).toBe(
      Code.InvalidArgument,
    );
    const large = Array.from({ length: 11 }, () => note('x'.repeat(100_000)));
    const refused = await refusalOf(dashboards().upsert({ id, displayName: 'x', tiles: large }));
    expect(refused.code).toBe(Code.ResourceExhausted);
    expect((await read(id)).tiles).toEqual([]);
  });

  test('beyond a hundred in a project, also when two calls ask for the last place at once', async () => {
    const crowded = await addProject(s, cast.acme, 'Crowded');
    await s.database.query(
      `insert into board (org_id, id, project_id, name, default_range, default_granularity)
       select $1, gen_random_uuid(), $2, n::text, 'last_30_days', 'day' from generate_series(1, 99) n`,
      [cast.acme.id, crowded.id],
    );
    const theirs = dashboards(cast.alice, crowded);
    const outcomes = await Promise.allSettled(
      ['a', 'b'].map((displayName) => theirs.create({ displayName })),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await refusalOf(theirs.create({ displayName: 'c' }))).code).toBe(Code.ResourceExhausted);
  });

  test.each(['', 'x', '0190f5e2-5e6b-7c3a-9b1f-0a1b2c3d4e5f', "' or 1=1 --"])(
    'under the id %j',
    async (id) => {
      expect(await refusalOf(dashboards().get({ id }))).toMatchObject({
        code: Code.NotFound,
        reason: 'DASHBOARD_NOT_FOUND',
      });
    },
  );
});

describe('two saves at once', () => {
  test('leave the tiles of one of them, whole', async () => {
    const { id } = await make();
    const [kept] = await save(id, note('kept'));
    const tilesOf = (name: string) => [
      note(`kept ${name}`, { id: kept?.id }),
      ...Array.from({ length: 5 }, (_, index) => note(`${name} ${index}`)),
    ];
    await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) =>
        dashboards().upsert({ id, displayName: name, tiles: tilesOf(name) }),
      ),
    );
    const { displayName, tiles } = await read(id);
    const bodies = tiles.map(({ content }) => (content.case === 'markdown' ? content.value.body : ''));
    expect(bodies).toEqual([
      `kept ${displayName}`,
      ...[0, 1, 2, 3, 4].map((index) => `${displayName} ${index}`),
    ]);
  });

  test('cannot bring back what the first one deleted', async () => {
    const { id } = await make();
    const [gone] = await save(id, note('gone'));
    await save(id);
    const refused = await refusalOf(
      dashboards().upsert({ id, displayName: 'x', tiles: [note('gone', { id: gone?.id })] }),
    );
    expect(refused.reason).toBe('DASHBOARD_TILE_NOT_FOUND');
  });
});

describe('a dashboard', () => {
  test('begins without tiles, with 30 days by day, and is recorded', async () => {
    const { dashboard } = await dashboards(cast.max).create({ displayName: '  Sales  ', description: 'All' });
    expect(dashboard).toMatchObject({
      projectId: cast.site.id,
      displayName: 'Sales',
      description: 'All',
      defaultTimeRange: TimeRangePreset.LAST_30_DAYS,
      defaultGranularity: Granularity.DAY,
      tiles: [],
    });
    expect(dashboard?.shareId).toBe('');
    expect(await trailOf(dashboard?.id ?? '')).toEqual([
      { event_type: 'DASHBOARD_CREATED', metadata: { project_id: cast.site.id, name: 'Sales' } },
    ]);
  });

  test('is listed with its tiles, oldest first', async () => {
    const project = await addProject(s, cast.acme, 'Listed');
    const theirs = dashboards(cast.alice, project);
    const [first, second] = [await make('B', project), await make('A', project)];
    await theirs.upsert({ id: first.id, displayName: 'B', tiles: [note('x')] });
    const { dashboards: listed } = await theirs.list({});
    expect(listed.map(({ id, tiles }) => [id, tiles.length])).toEqual([
      [first.id, 1],
      [second.id, 0],
    ]);
  });

  test('keeps its description when an update leaves it out, and takes the usual window', async () => {
    const { id } = await make();
    const window = { defaultTimeRange: TimeRangePreset.LAST_7_DAYS, defaultGranularity: Granularity.HOUR };
    await dashboards().update({ id, displayName: 'A', description: 'About', ...window });
    expect((await read(id)).defaultTimeRange).toBe(TimeRangePreset.LAST_7_DAYS);
    const { dashboard } = await dashboards().update({ id, displayName: 'B' });
    expect(dashboard).toMatchObject({
      displayName: 'B',
      description: 'About',
      defaultTimeRange: TimeRangePreset.LAST_30_DAYS,
      defaultGranularity: Granularity.DAY,
    });
    await dashboards().upsert({ id, displayName: 'C' });
    expect((await read(id)).description).toBe('');
  });

  test('answers a save in the order of the request, and is read by age', async () => {
    const { id } = await make();
    const [a, b] = await save(id, note('a'), note('b'));
    const saved = await save(id, note('new'), note('b', { id: b?.id }), note('a', { id: a?.id }));
    expect(saved.slice(1).map((tile) => tile.id)).toEqual([b?.id, a?.id]);
    expect((await read(id)).tiles.map((tile) => tile.id)).toEqual([a?.id, b?.id, saved[0]?.id]);
    expect(saved[0]).toMatchObject({ dashboardId: id, viewMode: DashboardTileViewMode.UNSPECIFIED });
  });

  test('changes the time of a tile only when something of it changes', async () => {
    const { id } = await make();
    const look: Tile = {
      displayName: 'Users',
      description: 'Who',
      viewMode: DashboardTileViewMode.KPI,
      compare: ComparePeriod.PRIOR,
      thresholds: [{ operator: ThresholdRule_Operator.GT, value: -0.5, tone: ThresholdRule_Tone.GOOD }],
      header: { icon: '🕊️', accentColor: 'blue', hideTitle: false, borderless: true },
      visualization: { logScale: true, yAxisFormat: 1 },
      position: { x: 1, y: 2, w: 3, h: 4 },
    };
    const [before] = await save(id, question('view', look));
    expect(before).toMatchObject(look);
    const [same] = await save(id, question('view', { ...look, id: before?.id }));
    expect(same).toEqual(before);
    const [moved] = await save(
      id,
      question('view', { ...look, id: before?.id, position: { x: 2, y: 2, w: 3, h: 4 } }),
    );
    expect(moved?.createTime).toEqual(before?.createTime);
    expect(moved?.updateTime).not.toEqual(before?.updateTime);
  });

  test('stores a note as it is, scripts included', async () => {
    const { id } = await make();
    const body = '<script>alert(1)</script>\n[x](javascript:alert(1))\r\n\t𝕏 "\'\\ \u2028';
    await save(id, note(body));
    const [tile] = (await read(id)).tiles;
    expect(tile?.content).toMatchObject({ case: 'markdown', value: { body } });
  });

  test('moves a name from one tile to another', async () => {
    const { id } = await make();
    const [a, b] = await save(id, note('a', { displayName: 'A' }), note('b', { displayName: 'B' }));
    await save(id, note('b', { id: b?.id, displayName: 'A' }), note('a', { id: a?.id, displayName: 'B' }));
    await save(id, note('c', { displayName: 'A' }));
  });

  test('is deleted with its project', async () => {
    const project = await addProject(s, cast.acme, 'Ends');
    const { id } = await make('x', project);
    await cast.alice
      .client(ProjectService)
      .deleteProject({ projectId: project.id, confirmationName: 'Ends' });
    expect(await s.database.query('select from board where id = $1', [id])).toEqual([]);
  });

  test('is not found once it is deleted, and that is recorded', async () => {
    const { id } = await make();
    await dashboards().delete({ id });
    expect((await refusalOf(dashboards().get({ id }))).reason).toBe('DASHBOARD_NOT_FOUND');
    expect((await refusalOf(dashboards().delete({ id }))).reason).toBe('DASHBOARD_NOT_FOUND');
    expect((await trailOf(id)).map(({ event_type }) => event_type)).toEqual([
      'DASHBOARD_CREATED',
      'DASHBOARD_DELETED',
    ]);
  });
});

describe('a tile that this server cannot read', () => {
  test('is shown without its question, and spoils no other', async () => {
    const { id } = await make();
    await save(id, question('view'), note('x'));
    await s.database.query(
      `update board set tiles = jsonb_set(tiles, '{0,content,spec,events}', '"of another shape"') where id = $1`,
      [id],
    );
    const [first, second] = (await read(id)).tiles;
    expect(first?.content).toMatchObject({ case: 'insight' });
    expect(first?.content.case === 'insight' && first.content.value.spec).toBeUndefined();
    expect(second?.content.case).toBe('markdown');
  });
});

/** A member whose role holds these permissions. */
async function memberWith(permissions: readonly number[], project: TestProject = cast.site): Promise<Actor> {
  const email = newEmail();
  const member = await addMember(s, cast.acme, { email, role: 'employee' });
  const [role] = await s.database.query<{ id: string }>(
    `insert into role (org_id, id, slug, name, name_key, is_default, is_system, permissions, created_at)
     values ($1, gen_random_uuid(), $2, $2, $2, false, false, $3, now()) returning id`,
    [project.orgId, email.split('@')[0], permissions],
  );
  await s.database.query('update member set role_id = $1 where id = $2', [role?.id, member.userId]);
  return member;
}
