import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EventsService } from '@dovecote/contract/events/v1/events_pb';
import { Aggregation, InsightsService, InsightType } from '@dovecote/contract/insights/v1/insights_pb';
import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { openStore, plantEvents } from '../support/analytics-events.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const HOUR_MS = 3_600_000;
/** The end of this hour. Asked for once: another question has another answer. */
const hour = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS;

let api: TestServer;
let otherApi: TestServer;
let cast: Cast;
let store: ReturnType<typeof openStore>;

beforeAll(async () => {
  api = await startTestServer({ analytics: true });
  if (!api.analytics) throw new Error('The server has an analytics store.');
  const shared = { database: api.database, analytics: api.analytics };
  otherApi = await startTestServer({ ...shared, env: { ROLE: 'api' } });
  cast = await seedCast(api);
  store = openStore(api.analytics);
});
afterAll(async () => {
  await store?.stop();
  await otherApi?.stop();
  await api?.stop();
});

/** What both servers answer. */
async function totals(aggregation: Aggregation): Promise<(number | undefined)[]> {
  const query = {
    events: [{ name: 'view' }],
    insightType: InsightType.SEGMENTATION,
    aggregation,
    timeRange: { start: timestampFromMs(hour - 72 * HOUR_MS), end: timestampFromMs(hour + 24 * HOUR_MS) },
  };
  const answers = await Promise.all(
    [api, otherApi].map((server) =>
      server.client(InsightsService, cast.site.keys.shared.headers).query({ query }),
    ),
  );
  return answers.map(({ totals: [total] }) => total?.value);
}

async function send(...distinctIds: string[]): Promise<void> {
  const events = distinctIds.map((distinctId) => ({ name: 'view', distinctId }));
  await cast.site.keys.sdk.client(EventsService).batchCreate({ events });
  await eventually('the events are stored', async () => {
    const queued = await api.database.query('select from ingest_batch');
    return queued.length === 0;
  });
}

describe('an answer', () => {
  test('is given again until an event of the project is stored, on every server', async () => {
    await send('ann');
    expect(await totals(Aggregation.COUNT)).toEqual([1, 1]);
    // Past the drain, so that only an answer that is computed again knows of it.
    const planted = { project: cast.site.number, kind: 'view', at: new Date().toISOString() };
    await plantEvents(store.store, [planted]);
    expect(await totals(Aggregation.COUNT)).toEqual([1, 1]);
    await send('bob');
    expect(await totals(Aggregation.COUNT)).toEqual([3, 3]);
  });

  test('is computed again when a shorter retention has reached the events', async () => {
    const { id: projectId, number: project } = cast.site;
    const versionOfOther = () =>
      api.database.query('select version::int from analytics_version where project = $1', [
        cast.otherSite.number,
      ]);
    const at = new Date(Date.now() - 30 * HOUR_MS).toISOString();
    await plantEvents(store.store, [{ project, kind: 'view', at }]);
    await send('cid');
    const [before = 0] = await totals(Aggregation.COUNT);
    const others = await versionOfOther();
    await cast.alice.client(ProjectService).updateProject({ projectId, retentionDays: 1 });
    // Long before an answer is too old to be kept.
    await eventually('both servers say so', async () => {
      return (await totals(Aggregation.COUNT)).every((total) => total === before - 1);
    });
    expect(await versionOfOther()).toEqual(others);
  });

  test('is computed again when persons of the project turn out to be one', async () => {
    await send('anon-1', 'cid');
    const before = await totals(Aggregation.UNIQUE_USERS);
    await cast.site.keys.sdk
      .client(ProfilesSDKService)
      .identify({ externalId: 'cid', anonymousId: 'anon-1' });
    await eventually('the store knows', async () => {
      const rows = await api.database.query(
        `select from profile where not is_mirrored union all select from profile_alias where not is_mirrored`,
      );
      return rows.length === 0;
    });
    expect(await totals(Aggregation.UNIQUE_USERS)).toEqual(before.map((persons) => (persons ?? 0) - 1));
  });
});
