import { Code } from '@connectrpc/connect';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PropertySource } from '@dovecote/contract/common/v1/filter_schema_pb';
import { FilterOperator, LogicalOperator } from '@dovecote/contract/common/v1/filters_pb';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { type Profile, ProfilesService } from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import { People } from '../../src/modules/analytics/person/people.service.js';
import type { AnalyticsStore } from '../../src/platform/analytics-store/index.js';
import { ProjectDirectory } from '../../src/platform/caller/projects.directory.js';
import { Database } from '../../src/platform/database/index.js';
import { Scopes } from '../../src/platform/scope/index.js';
import { openStore } from '../support/analytics-events.js';
import { eventually } from '../support/eventually.js';
import { addProject, type Cast, seedCast, type TestProject } from '../support/cast.js';
import { allMirrored, storeEvents, timeOf } from '../support/people.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let store: AnalyticsStore;
let stop: () => Promise<void>;
/** 250 people, each seen a minute after the one before. */
let crowd: TestProject;
let ann: string;

const minute = (n: number): string =>
  `02 ${String(Math.floor(n / 60)).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}`;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  cast = await seedCast(s);
  crowd = await addProject(s, cast.acme, 'Crowd');
  if (!s.analytics) throw new Error('The server has an analytics store.');
  ({ store, stop } = openStore(s.analytics));
  const sdk = (project: TestProject) => project.keys.sdk.client(ProfilesSDKService);
  const person = { externalId: 'ann', traits: { plan: 'gold', age: 42, vip: true, in: { city: 'Malmö' } } };
  ({ profileId: ann } = await sdk(cast.site).identify({ ...person, anonymousId: 'anon-1' }));
  await sdk(cast.site).identify({ externalId: 'bea', traits: { plan: 'free', age: '17' } });
  await sdk(cast.otherSite).identify({ externalId: 'ann', traits: { plan: 'secret' } });
  await sdk(cast.otherSite).identify({ externalId: 'eve', traits: { plan: 'secret' } });
  await storeEvents(store, cast.site.number, [
    { id: 'anon-1', at: '01 10:00', session: 's1', browser: 'Firefox', country: 'SE', copies: 3 },
    { id: 'ann', at: '01 11:00', session: 's1', kind: 'buy', browser: 'Chrome', country: 'DE' },
    { id: 'ann', at: '03 11:00', session: 's2', browser: 'Safari', country: 'NO' },
    { id: ann, at: '02 11:00', kind: 'server' },
    { id: 'anon-2', at: '02 09:00', session: 's3', browser: 'Firefox', country: 'SE' },
    { id: 'anon-2', at: '02 10:00', session: 's3', browser: 'Chrome', country: 'SE' },
    { id: 'cookieless-1', at: '02 10:00', session: 's4', cookieless: true },
  ]);
  await storeEvents(store, cast.otherSite.number, [
    { id: 'anon-1', at: '01 10:00', browser: 'Firefox' },
    { id: 'anon-9', at: '01 10:00', browser: 'Firefox' },
  ]);
  await storeEvents(
    store,
    crowd.number,
    Array.from({ length: 250 }, (_, n) => ({ id: `anon-${n}`, at: minute(n), browser: n % 2 ? 'A' : 'B' })),
  );
  await allMirrored(s);
});
afterAll(async () => {
  await stop?.();
  await s?.stop();
});

const client = (project = cast.site) => project.keys.private.client(ProfilesService);
type Request = Parameters<ReturnType<typeof client>['list']>[0];

/** The first message, as the dashboard reads it. */
async function first(request: Request = {}, project = cast.site) {
  for await (const message of client(project).list(request)) return message;
  throw new Error('No message came.');
}

async function everybody(request: Request = {}, project = cast.site): Promise<Profile[]> {
  const all: Profile[] = [];
  for await (const { profiles } of client(project).list(request)) all.push(...profiles);
  return all;
}

const filter = (property: string, operator: FilterOperator, value = '', source = PropertySource.PROFILE) => ({
  filters: [{ property, operator, value, source }],
});
const names = (people: readonly Profile[]) => people.map(({ externalId, id }) => externalId || id);

describe('people are not read', () => {
  test.each(['public', 'sdk'] as const)('with a %s key, which only writes', async (family) => {
    const people = cast.site.keys[family].client(ProfilesService);
    const calls = [
      people.get({ id: ann }),
      people.delete({ id: ann }),
      people.deleteDataSubject({ externalId: 'ann' }),
    ];
    for (const refusal of await refusalsOf(calls))
      expect(refusal).toMatchObject({ code: Code.PermissionDenied });
  });

  test('by an employee, nor by a member of another organization', async () => {
    const headers = (actor: Cast['alice']) => ({ ...actor.headers, 'x-project-id': cast.site.id });
    for (const actor of [cast.erin, cast.mallory]) {
      const people = s.client(ProfilesService, headers(actor));
      for (const { code } of await refusalsOf([people.get({ id: ann }), people.delete({ id: ann })]))
        expect([Code.PermissionDenied, Code.Unauthenticated, Code.NotFound]).toContain(code);
    }
  });

  test('of another project, by any id', async () => {
    for (const id of [ann, 'anon-2'])
      expect(await refusalOf(client(cast.otherSite).get({ id }))).toMatchObject({
        code: Code.NotFound,
        reason: 'PROFILE_NOT_FOUND',
      });
    expect((await client(cast.otherSite).getByExternalId({ externalId: 'ann' })).profile?.id).not.toBe(ann);
  });

  test.each(['', 'stranger', 'cookieless-1'])('who do not exist: %j', async (id) => {
    const calls = [
      client().get({ id }),
      client().getByExternalId({ externalId: id }),
      client().delete({ id: `${id}-` }),
    ];
    for (const refusal of await refusalsOf(calls))
      expect(refusal).toMatchObject({ code: Code.NotFound, reason: 'PROFILE_NOT_FOUND' });
  });

  test('by external id, when it is only linked', async () => {
    expect(await refusalOf(client().getByExternalId({ externalId: 'anon-1' }))).toMatchObject({
      reason: 'PROFILE_NOT_FOUND',
    });
  });
});

describe('a list is refused', () => {
  test.each([
    ['a property of events', filter('$url', FilterOperator.EQUALS, 'x', PropertySource.AUTO)],
    ['a custom property', filter('plan', FilterOperator.EQUALS, 'x', PropertySource.CUSTOM)],
    ['a number of the latest event', filter('$browserVersion', FilterOperator.GT, '1', PropertySource.AUTO)],
  ])('with a filter on %s', async (_, group) => {
    expect(await refusalOf(first({ filterGroups: [group] }))).toMatchObject({
      code: Code.InvalidArgument,
      reason: 'INVALID_PROFILE_FILTER',
      message: 'invalid filters',
      fields: ['filter_groups.filters.property'],
    });
  });

  test('with an empty group, and with more than fifty conditions', async () => {
    expect(await refusalOf(first({ filterGroups: [{}] }))).toMatchObject({ code: Code.InvalidArgument });
    const many = Array.from({ length: 51 }, () => filter('plan', FilterOperator.IS_SET));
    expect(await refusalOf(first({ filterGroups: many }))).toMatchObject({
      reason: 'INVALID_PROFILE_FILTER',
    });
  });

  test('with the token of another project, of other filters, or none', async () => {
    const { nextPageToken } = await first({}, crowd);
    const refused = [
      first({ pageToken: nextPageToken }),
      first({ pageToken: nextPageToken }, cast.otherSite),
      first({ pageToken: nextPageToken, filterGroups: [filter('plan', FilterOperator.IS_SET)] }, crowd),
      first({ pageToken: 'eyJ0IjoxfQ' }, crowd),
    ];
    for (const refusal of await refusalsOf(refused))
      expect(refusal).toMatchObject({ code: Code.InvalidArgument, reason: 'INVALID_PAGE_TOKEN' });
  });
});

describe('a person', () => {
  test('is found by every id, and an event counts once', async () => {
    const { profile } = await client().get({ id: ann });
    expect(profile).toMatchObject({
      id: ann,
      externalId: 'ann',
      projectId: cast.site.id,
      properties: { plan: 'gold', age: 42, vip: true, in: { city: 'Malmö' } },
      activity: { totalEvents: 4n, pageviews: 2n, sessions: 2n, browser: 'Safari', country: 'NO', os: '' },
    });
    const { firstSeen, lastSeen } = profile?.activity ?? {};
    expect(firstSeen && timestampDate(firstSeen).getTime()).toBe(timeOf('01 10:00'));
    expect(lastSeen && timestampDate(lastSeen).getTime()).toBe(timeOf('03 11:00'));
    for (const id of ['ann', 'anon-1'])
      expect(await client().get({ id })).toEqual({ ...(await client().get({ id: ann })) });
    expect((await client().getByExternalId({ externalId: 'ann' })).profile).toEqual(profile);
  });

  test('without a profile is what the events say', async () => {
    const { profile } = await client().get({ id: 'anon-2' });
    expect(profile).toMatchObject({
      id: 'anon-2',
      externalId: '',
      activity: { totalEvents: 2n, pageviews: 2n, sessions: 1n, browser: 'Chrome' },
    });
    expect(profile?.properties ?? {}).toEqual({});
    expect(profile?.createTime && timestampDate(profile.createTime).getTime()).toBe(timeOf('02 09:00'));
    expect(profile?.updateTime && timestampDate(profile.updateTime).getTime()).toBe(timeOf('02 10:00'));
  });

  test('without events has no activity', async () => {
    const { profile } = await client().getByExternalId({ externalId: 'bea' });
    expect(profile?.externalId).toBe('bea');
    expect(profile?.activity).toBeUndefined();
  });

  test('is listed once, the newest first, without visitors of a day and others’ people', async () => {
    expect(names(await everybody())).toEqual(['bea', 'ann', 'anon-2']);
    expect(names(await everybody({}, cast.otherSite)).sort()).toEqual(
      ['anon-1', 'anon-9', 'ann', 'eve'].sort(),
    );
  });
});

describe('a list', () => {
  test('consists of messages of a hundred, and continues behind any of them', async () => {
    const expected = Array.from({ length: 250 }, (_, n) => `anon-${249 - n}`);
    expect(names(await everybody({}, crowd))).toEqual(expected);
    const read: string[] = [];
    let pageToken = '';
    do {
      const message = await first({ pageToken }, crowd);
      read.push(...names(message.profiles));
      pageToken = message.nextPageToken;
    } while (pageToken !== '');
    expect(read).toEqual(expected);
  });

  const cases: [string, Request, string[]][] = [
    ['a trait', { filterGroups: [filter('plan', FilterOperator.EQUALS, 'gold')] }, ['ann']],
    ['a nested trait', { filterGroups: [filter('in.city', FilterOperator.CONTAINS, 'alm')] }, ['ann']],
    [
      'a missing trait, also of people without a profile',
      { filterGroups: [filter('in.city', FilterOperator.IS_NOT_SET)] },
      ['bea', 'anon-2'],
    ],
    [
      'a number, also one that was sent as text',
      { filterGroups: [filter('age', FilterOperator.GTE, '17')] },
      ['bea', 'ann'],
    ],
    [
      'a truth as a number, which matches no person',
      { filterGroups: [filter('vip', FilterOperator.GTE, '0')] },
      [],
    ],
    [
      'an unspecified source: a trait',
      { filterGroups: [filter('plan', FilterOperator.EQUALS, 'free', PropertySource.UNSPECIFIED)] },
      ['bea'],
    ],
    [
      'the latest event, not an earlier one',
      { filterGroups: [filter('$browser', FilterOperator.EQUALS, 'Chrome', PropertySource.AUTO)] },
      ['anon-2'],
    ],
    [
      'no event at all',
      { filterGroups: [filter('$country', FilterOperator.IS_NOT_SET, '', PropertySource.AUTO)] },
      ['bea'],
    ],
    [
      'either of two groups',
      {
        filterGroups: [
          filter('plan', FilterOperator.EQUALS, 'free'),
          filter('$country', FilterOperator.EQUALS, 'NO', PropertySource.AUTO),
        ],
        filterGroupsOperator: LogicalOperator.OR,
      },
      ['bea', 'ann'],
    ],
    [
      'both of two groups',
      {
        filterGroups: [
          filter('plan', FilterOperator.IS_SET),
          filter('$country', FilterOperator.EQUALS, 'NO', PropertySource.AUTO),
        ],
      },
      ['ann'],
    ],
    [
      'a trait of another organization',
      { filterGroups: [filter('plan', FilterOperator.EQUALS, 'secret')] },
      [],
    ],
  ];
  test.each(cases)('is filtered by %s', async (_, request, expected) => {
    expect(names(await everybody(request))).toEqual(expected);
  });

  test('continues with the same filter', async () => {
    const filterGroups = [filter('$browser', FilterOperator.EQUALS, 'B', PropertySource.AUTO)];
    const { nextPageToken, profiles } = await first({ filterGroups }, crowd);
    expect(profiles.length).toBe(100);
    expect((await first({ filterGroups, pageToken: nextPageToken }, crowd)).profiles.length).toBe(25);
  });
});

test('a client that stops reading the list keeps no connection', async () => {
  const { app } = s.server;
  const project = await app.get(ProjectDirectory, { strict: false }).find(crowd.id);
  const caller = { kind: 'system', orgId: cast.acme.id } as const;
  const scope = app.get(Scopes, { strict: false }).open({ caller, requestId: 'spec', project });
  const list = app.get(People, { strict: false }).list(scope, { operator: 'and', groups: [] }, '');
  const pages = list[Symbol.asyncIterator]();
  try {
    expect((await pages.next()).value).toMatchObject({ nextPageToken: expect.stringMatching(/./) });
    await eventually('the connection is given back', () =>
      Promise.resolve(app.get(Database).pool.inUse === 0),
    );
  } finally {
    await pages.return?.();
    await scope.rollback();
  }
});
