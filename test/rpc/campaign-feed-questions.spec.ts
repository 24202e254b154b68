import { randomUUID } from 'node:crypto';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { PropertyValueType } from '@dovecote/contract/common/v1/filter_schema_pb';
import { FilterOperator } from '@dovecote/contract/common/v1/filters_pb';
import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import { InsightsService as DocumentedInsights } from '@dovecote/contract/insights/v1/insights_pb';
import { InsightType as DocumentedInsightType } from '@dovecote/contract/insights/v1/insights_pb';
import { EventsService } from '@dovecote/contract/sdk/events/v1/events_pb';
import { ProfilesSDKService } from '@dovecote/contract/sdk/profiles/v1/profiles_pb';
import { Granularity, InsightsService, InsightType } from '@dovecote/contract/shared/insights/v1/insights_pb';
import { addRecipient, runningCampaign } from '../support/campaigns.js';
import { fed, feeds } from '../support/campaign-feed.js';
import { type Actor, type Cast, seedCast, type TestProject } from '../support/cast.js';
import { acknowledge } from '../support/follow-ups.js';
import { allMirrored } from '../support/people.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { Clock } from '../../src/platform/clock/clock.js';

jest.setTimeout(120_000);

const DAY_MS = 86_400_000;
const WEEK = { seconds: 604_800n };

let s: TestServer;
let cast: Cast;
let first: string;
let second: string;
/** Midnight before the campaigns. */
let start: number;

const now = (): number => s.server.app.get(Clock, { strict: false }).now().getTime();

/** What the SDK of a product sends. */
async function opened(project: TestProject, distinctId: string): Promise<void> {
  await project.keys.public.client(EventsService).batchCreate({
    events: [
      {
        eventId: randomUUID(),
        kind: 'report_opened',
        distinctId,
        sessionId: randomUUID(),
        occurTime: timestampFromMs(now()),
      },
    ],
  });
}

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  cast = await seedCast(s);
  for (const [admin, project] of [
    [cast.alice, cast.site],
    [cast.mallory, cast.otherSite],
  ] as const) {
    await feeds(admin).setCampaignFeed({ enabled: true, projectId: project.id });
    await admin.client(ProjectService).updateProject({ projectId: project.id, mergeIdentities: true });
  }
  // Noon, so that all of it is on one day.
  const noon = Math.ceil(now() / DAY_MS) * DAY_MS + DAY_MS / 2;
  await s.travel(noon - now());
  start = noon - DAY_MS / 2;
  const [ann, ben, cat, dan] = await Promise.all(
    ['ann', 'ben', 'cat', 'dan'].map((name) => addRecipient(s, cast.acme, name)),
  );
  const eve = await addRecipient(s, cast.other, 'eve');
  first = await runningCampaign(cast.max, [ann!.userId, ben!.userId, cat!.userId]);
  second = await runningCampaign(cast.max, [ben!.userId, dan!.userId]);
  const elsewhere = await runningCampaign(cast.mallory, [eve.userId]);
  await acknowledge(ann!, first);
  await acknowledge(ben!, first);
  await acknowledge(eve, elsewhere);
  await s.travel(1_000);
  // Before the SDK knows who it is, and in the same words as in the other organization.
  await opened(cast.site, 'anon-1');
  await opened(cast.otherSite, 'anon-1');
  await identify(cast.site, ann!, 'anon-1');
  await s.travel(8 * DAY_MS);
  await opened(cast.site, ben!.userId);
  await fed(s);
  await allMirrored(s);
});
afterAll(() => s?.stop());

async function identify(project: TestProject, { userId }: Actor, anonymousId: string): Promise<void> {
  await project.keys.public.client(ProfilesSDKService).identify({ externalId: userId, anonymousId });
}

const range = () => ({ from: timestampFromMs(start), to: timestampFromMs(start + 10 * DAY_MS) });
const steps = ['campaign_sent', 'campaign_acknowledged', 'report_opened'].map((kind) => ({
  event: { kind },
}));

async function funnel(spec: object = {}, project = cast.site) {
  const { result } = await project.keys.private.client(InsightsService).query({
    spec: { insightType: InsightType.FUNNEL, events: steps, conversionWindow: WEEK, ...spec },
    timeRange: range(),
    granularity: Granularity.DAY,
  });
  if (result.case !== 'funnel') throw new Error(`A funnel was asked for, ${result.case} came.`);
  return result.value.series.map((series) => [series.breakdown, series.steps.map(({ total }) => total)]);
}

describe('from a campaign to what its recipients do in a product within seven days', () => {
  test('is one funnel, in which members and users of the SDK are the same people', async () => {
    expect(await funnel()).toEqual([[{}, [4, 2, 1]]]);
    expect(await funnel({}, cast.otherSite)).toEqual([[{}, [1, 1, 0]]]);
  });

  test('later than that is too late', async () => {
    expect(await funnel({ conversionWindow: { seconds: 864_000n } })).toEqual([[{}, [4, 2, 2]]]);
  });

  // A person with both counts for the first of them.
  test('is told apart by campaign', async () => {
    const answer = await funnel({ breakdowns: [{ property: 'campaign_id' }] });
    expect(Object.fromEntries(answer.map(([by, totals]) => [Object.values(by ?? {})[0], totals]))).toEqual({
      [first]: [3, 2, 1],
      [second]: [1, 0, 0],
    });
  });

  test('is asked of one campaign', async () => {
    const filter = { property: 'campaign_id', operator: FilterOperator.EQUALS, value: second };
    const only = [{ event: { kind: 'campaign_sent', filters: [filter] } }];
    expect(await funnel({ events: [...only, ...steps.slice(1)] })).toEqual([[{}, [2, 1, 0]]]);
  });

  test('is the same in the documented contract', async () => {
    const { funnel: answer } = await cast.site.keys.shared.client(DocumentedInsights).query({
      query: {
        insightType: DocumentedInsightType.FUNNEL,
        events: steps.map(({ event }) => ({ name: event.kind })),
        conversionWindow: WEEK,
        timeRange: { start: range().from, end: range().to },
      },
    });
    expect(answer?.steps.map(({ count }) => Number(count))).toEqual([4, 2, 1]);
  });

  test('is one table of retention', async () => {
    const { result } = await cast.site.keys.private.client(InsightsService).query({
      spec: { insightType: InsightType.RETENTION, events: steps.slice(1) },
      timeRange: range(),
      granularity: Granularity.DAY,
    });
    if (result.case !== 'retention') throw new Error(`Retention was asked for, ${result.case} came.`);
    const cohorts = result.value.series.flatMap((series) => series.cohorts);
    expect(cohorts.map(({ cohortSize }) => cohortSize)).toEqual([2]);
    const returned = cohorts[0]?.points.filter(({ value }) => value > 0);
    expect(
      returned?.map(({ time, value }) => [(Number(time?.seconds) * 1000 - start) / DAY_MS, value]),
    ).toEqual([
      [0, 50],
      [8, 50],
    ]);
  });

  test('the schema of filters lists the events and their properties', async () => {
    const schema = await cast.site.keys.private.client(InsightsService).getFilterSchema({});
    const names = schema.events.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['campaign_sent', 'campaign_acknowledged', 'report_opened']),
    );
    const properties = Object.fromEntries(
      schema.customPropertyKeys.map(({ name, valueType }) => [name, PropertyValueType[valueType]]),
    );
    expect(properties).toEqual({
      campaign_id: 'STRING',
      campaign_name: 'STRING',
      step_id: 'STRING',
      delivery_kind: 'STRING',
      template_id: 'STRING',
      locale: 'STRING',
      round: 'INTEGER',
    });
  });
});
