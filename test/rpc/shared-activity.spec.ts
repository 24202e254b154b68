import { Code } from '@connectrpc/connect';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PropertySource } from '@dovecote/contract/common/v1/filter_schema_pb';
import { FilterOperator } from '@dovecote/contract/common/v1/filters_pb';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { InsightsService } from '@dovecote/contract/shared/insights/v1/insights_pb';
import {
  ActivityService,
  type GetActivityFeedRequestSchema,
  type GetEventExplorerRequestSchema,
} from '@dovecote/contract/shared/activity/v1/activity_pb';
import type { AnalyticsStore } from '../../src/platform/analytics-store/index.js';
import { at, event, world } from '../insights/cases/write.js';
import type { World } from '../insights/naive/world.js';
import { storeWorlds } from '../insights/stored-worlds.js';
import { openStore } from '../support/analytics-events.js';
import { addProject, type Cast, inProject, seedCast, type TestProject } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let store: AnalyticsStore;
let stop: () => Promise<void>;
let ann: string;
/** A project of the same organization. */
let apart: TestProject;

const shop = (profile: string) =>
  world(
    [
      event('anon-1', 'view', '01 10:00', { id: 'a', session: 's1', properties: { plan: 'pro' } }),
      event('ann', 'buy', '01 10:05', {
        id: 'b',
        session: 's1',
        properties: { amount: 7.5, note: "it's \\ 100%" },
      }),
      // The same instant: the higher id first.
      event('ann', 'view', '02 09:00', { id: 'c', properties: { $browser: 'Safari', $country: 'SE' } }),
      event(profile, 'view', '02 09:00', { id: 'd', properties: { $browser: 'Chrome', $mobile: true } }),
      event('ann', 'crawl', '02 10:00', { id: 'e', bot: true }),
      event('bob', 'view', '03 10:00', { id: 'f' }),
      event('cookieless-x', 'view', '03 11:00', { id: 'g', cookieless: true }),
    ],
    { ann: { id: profile, aliases: ['anon-1'], traits: { plan: 'gold', age: 42 } } },
  );

/** The same ids, and more of them. */
const elsewhere = world([
  event('ann', 'secret', '02 10:00', { id: 'c' }),
  event('eve', 'secret', '02 11:00', { id: 'x', session: 's1' }),
]);

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { ROLE: 'api' } });
  cast = await seedCast(s);
  apart = await addProject(s, cast.acme, 'Apart');
  const sdk = cast.site.keys.sdk.client(ProfilesSDKService);
  ({ profileId: ann } = await sdk.identify({
    externalId: 'ann',
    traits: { plan: 'gold', age: 42 },
    anonymousId: 'anon-1',
  }));
  if (!s.analytics) throw new Error('The server has an analytics store.');
  ({ store, stop } = openStore(s.analytics));
  await put([cast.site.number, shop(ann)], [apart.number, elsewhere], [cast.otherSite.number, elsewhere]);
});
afterAll(async () => {
  await stop?.();
  await s?.stop();
});

async function put(...worlds: [number, World][]): Promise<void> {
  if (!s.analytics) throw new Error('The server has an analytics store.');
  await storeWorlds(s.analytics, store, new Map(worlds));
}

const activity = (project = cast.site) => project.keys.private.client(ActivityService);
type Feed = Omit<MessageInitShape<typeof GetActivityFeedRequestSchema>, '$typeName'>;
type Explored = Omit<MessageInitShape<typeof GetEventExplorerRequestSchema>, '$typeName'>;

async function feed(distinctId: string, request: Feed = {}, project = cast.site): Promise<string> {
  const { events } = await activity(project).getActivityFeed({ distinctId, ...request });
  return events.map(({ eventId }) => eventId).join('');
}
async function explore(request: Explored = {}, project = cast.site): Promise<string> {
  const { events } = await activity(project).getEventExplorer(request);
  return events.map(({ eventId }) => eventId).join('');
}
const range = (from: string, to: string) => ({
  timeRange: { from: timestampFromMs(at(from)), to: timestampFromMs(at(to)) },
});
const filter = (property: string, operator: FilterOperator, value = '', values: string[] = []) => ({
  property,
  operator,
  value,
  values,
});
const {
  EQUALS,
  NOT_EQUALS,
  CONTAINS,
  NOT_CONTAINS,
  IS_SET,
  IS_NOT_SET,
  LT,
  LTE,
  GT,
  GTE,
  IN,
  NOT_IN,
  BETWEEN,
  NOT_BETWEEN,
} = FilterOperator;

describe('activity is refused', () => {
  test('to keys that only write', async () => {
    const theirs = cast.site.keys.public.client(ActivityService);
    expect((await refusalOf(theirs.getEventExplorer({}))).code).toBe(Code.PermissionDenied);
    expect((await refusalOf(theirs.getProfileStats({ distinctId: 'ann' }))).code).toBe(Code.PermissionDenied);
  });

  test('to members without the permission, and to those of another organization', async () => {
    for (const { headers } of [cast.erin, cast.mallory]) {
      const theirs = s.client(ActivityService, { ...headers, 'x-project-id': cast.site.id });
      const { code } = await refusalOf(theirs.getEventExplorer({}));
      expect([Code.PermissionDenied, Code.Unauthenticated]).toContain(code);
    }
  });

  test.each<[string, Feed, string]>([
    ['a range that ends before it begins', range('03', '02'), 'from must be before to'],
    ['an empty range', range('02', '02'), 'from must be before to'],
    ['several events of which one is any', { events: [{ kind: 'view' }, {}] }, 'needs a kind or a filter'],
    ['a page that is too large', { pageSize: 1_001 }, 'less than or equal to 1000'],
    ['a page of less than nothing', { pageSize: -1 }, 'greater than or equal to 0'],
    ['a filter without a value', { propertyFilters: [filter('plan', EQUALS)] }, 'value is required'],
    [
      'a range of numbers that ends below',
      { propertyFilters: [filter('a', BETWEEN, '', ['2', '1'])] },
      'must not be above',
    ],
    [
      '21 filters',
      { propertyFilters: Array.from({ length: 21 }, () => filter('plan', IS_SET)) },
      'no more than 20',
    ],
    ['51 events', { events: Array.from({ length: 51 }, () => ({ kind: 'view' })) }, 'no more than 50'],
  ])('with %s', async (_, request, words) => {
    for (const asked of [
      () => activity().getActivityFeed({ distinctId: 'ann', ...request }),
      () => activity().getEventExplorer(request),
    ]) {
      const refused = await refusalOf(asked());
      expect(refused.code).toBe(Code.InvalidArgument);
      expect(JSON.stringify(refused)).toContain(words);
    }
  });

  test('without a person', async () => {
    expect((await refusalOf(activity().getActivityFeed({}))).code).toBe(Code.InvalidArgument);
    expect((await refusalOf(activity().getActivityFeed({ distinctId: 'nul\0' }))).code).toBe(
      Code.InvalidArgument,
    );
    expect(await feed('')).toBe('');
  });

  test('with the page token of another feed', async () => {
    const of = async (request: Feed, project = cast.site) =>
      (await activity(project).getActivityFeed({ distinctId: 'ann', pageSize: 1, ...request })).nextPageToken;
    const token = await of({});
    const explorer = (await activity().getEventExplorer({ pageSize: 1 })).nextPageToken;
    const attempts = [
      () => activity(apart).getActivityFeed({ distinctId: 'ann', pageToken: token }),
      () => activity(cast.otherSite).getActivityFeed({ distinctId: 'ann', pageToken: token }),
      () => activity().getActivityFeed({ distinctId: 'anon-1', pageToken: token }),
      () => activity().getActivityFeed({ distinctId: 'ann', sessionId: 's1', pageToken: token }),
      () => activity().getActivityFeed({ distinctId: 'ann', events: [{ kind: 'view' }], pageToken: token }),
      () =>
        activity().getActivityFeed({
          distinctId: 'ann',
          propertyFilters: [filter('plan', IS_SET)],
          pageToken: token,
        }),
      () => activity().getActivityFeed({ distinctId: 'ann', pageToken: explorer }),
      () => activity().getEventExplorer({ distinctId: 'ann', pageToken: token }),
      () => activity().getEventExplorer({ pageToken: 'made-up' }),
      () => activity().getEventExplorer({ pageToken: `${explorer}A` }),
    ];
    for (const attempt of attempts)
      expect(await refusalOf(attempt())).toMatchObject({
        code: Code.InvalidArgument,
        reason: 'INVALID_PAGE_TOKEN',
      });
    // It is not the range that a token belongs to: a client may ask for the last week with each page.
    const next = { distinctId: 'ann', pageToken: token, pageSize: 2, ...range('01', '03') };
    expect((await activity().getActivityFeed(next)).events.map(({ eventId }) => eventId)).toEqual(['c', 'b']);
  });
});

describe('the feed of a person', () => {
  test('has the events of all ids of the person, newest first, without robots', async () => {
    expect(await feed('ann')).toBe('dcba');
    expect(await feed('anon-1')).toBe('dcba');
    expect(await feed(ann)).toBe('dcba');
  });

  test('has those of an id that leads to no profile', async () => {
    expect(await feed('bob')).toBe('f');
    expect(await feed('cookieless-x')).toBe('g');
    expect(await feed('stranger')).toBe('');
    expect(await feed("' OR 1=1 --\\")).toBe('');
  });

  test('has no events of another project', async () => {
    expect(await feed('ann', {}, apart)).toBe('c');
    expect(await feed(ann, {}, apart)).toBe('');
    expect(await feed('eve')).toBe('');
  });

  test('can be limited to a session, a range, events and filters', async () => {
    expect(await feed('ann', { sessionId: 's1' })).toBe('ba');
    expect(await feed('ann', { sessionId: 'S1' })).toBe('ba');
    expect(await feed('ann', range('01', '02'))).toBe('ba');
    expect(await feed('ann', range('01 10:00', '01 10:05'))).toBe('a');
    expect(await feed('ann', { events: [{ kind: 'view' }] })).toBe('dca');
    expect(await feed('ann', { events: [{ kind: 'buy' }, { filters: [filter('$browser', IS_SET)] }] })).toBe(
      'dcb',
    );
    expect(await feed('ann', { events: [{ kind: 'view', filters: [filter('plan', EQUALS, 'pro')] }] })).toBe(
      'a',
    );
    const both = [filter('$browser', IS_SET), filter('$country', EQUALS, 'SE')];
    expect(await feed('ann', { propertyFilters: both })).toBe('c');
  });

  test('shows an event as it was sent', async () => {
    const { events } = await activity().getActivityFeed({ distinctId: 'ann' });
    expect(events.map(({ autoProperties }) => autoProperties)).toEqual([
      { $browser: 'Chrome', $mobile: 'true' },
      { $browser: 'Safari', $country: 'SE' },
      {},
      {},
    ]);
    expect(events[2]).toMatchObject({
      eventId: 'b',
      kind: 'buy',
      distinctId: 'ann',
      sessionId: 's1',
      occurTime: timestampFromMs(at('01 10:05')),
      customProperties: { amount: 7.5, note: "it's \\ 100%" },
    });
  });
});

describe('the explorer', () => {
  test('has the events of everybody, or of one id alone', async () => {
    expect(await explore()).toBe('gfdcba');
    expect(await explore({ distinctId: 'ann' })).toBe('cb');
    expect(await explore({ sessionId: 's1' })).toBe('ba');
    expect(await explore({}, apart)).toBe('xc');
  });

  test('is open to a member with the permission', async () => {
    const client = inProject(cast.max, cast.site, ActivityService);
    expect((await client.getEventExplorer({})).events).toHaveLength(6);
  });

  test.each<[string, ReturnType<typeof filter>, string]>([
    ['equals', filter('plan', EQUALS, 'pro'), 'a'],
    ['does not equal', filter('plan', NOT_EQUALS, 'pro'), 'gfdcb'],
    ['contains', filter('note', CONTAINS, "'s \\ 100%"), 'b'],
    ['contains no wildcard', filter('note', CONTAINS, '%'), 'b'],
    ['contains what is no wildcard', filter('note', CONTAINS, '_'), ''],
    ['does not contain', filter('note', NOT_CONTAINS, "'"), 'gfdca'],
    ['is set', filter('$browser', IS_SET), 'dc'],
    ['is not set', filter('$browser', IS_NOT_SET), 'gfba'],
    ['is below', filter('amount', LT, '7.6'), 'b'],
    ['is at most', filter('amount', LTE, '75e-1'), 'b'],
    ['is above', filter('amount', GT, '7.5'), ''],
    ['is at least', filter('amount', GTE, '+7.50'), 'b'],
    ['is one of', filter('$browser', IN, '', ['Chrome', "x') OR ('a'='a"]), 'd'],
    ['is not among', filter('$browser', NOT_IN, '', ['Chrome']), 'gfcba'],
    ['is between', filter('amount', BETWEEN, '', ['7', '8']), 'b'],
    ['is not between', filter('amount', NOT_BETWEEN, '', ['1', '2']), 'b'],
    ['is a flag', filter('$mobile', EQUALS, 'true'), 'd'],
    ['is hostile', filter('plan', EQUALS, "'); DROP TABLE events; --\\'{p0:String}"), ''],
  ])('filters: a property %s', async (_, propertyFilter, ids) => {
    expect(await explore({ propertyFilters: [propertyFilter] })).toBe(ids);
  });

  test('filters by traits of profiles', async () => {
    const source = PropertySource.PROFILE;
    expect(await explore({ propertyFilters: [{ ...filter('plan', EQUALS, 'gold'), source }] })).toBe('dcba');
    expect(await explore({ propertyFilters: [{ ...filter('age', GT, '42'), source }] })).toBe('');
  });

  test('takes 50 events of 20 filters each, and 20 more', async () => {
    const filters = Array.from({ length: 20 }, (_, index) =>
      filter(`p${index}`, NOT_IN, '', ["';", 'x'.repeat(100)]),
    );
    const events = Array.from({ length: 50 }, () => ({ kind: 'view', filters }));
    expect(await explore({ events, propertyFilters: filters })).toBe('gfdca');
  });
});

describe('filter schema and values', () => {
  test('are those of insights', async () => {
    const insights = cast.site.keys.private.client(InsightsService);
    expect(await activity().getFilterSchema({})).toEqual(await insights.getFilterSchema({}));
    const asked = { propertyKey: 'plan', source: PropertySource.PROFILE };
    expect((await activity().getPropertyValues(asked)).values).toEqual(
      (await insights.getPropertyValues(asked)).values,
    );
    expect((await activity().getPropertyValues(asked)).values).toEqual(['gold']);
  });
});
