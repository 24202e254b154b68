import { Code } from '@connectrpc/connect';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ActivityService, type ListRequestSchema } from '@dovecote/contract/activity/v1/activity_pb';
import { Operator } from '@dovecote/contract/insights/v1/insights_pb';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { at, event, world } from '../insights/cases/write.js';
import { storeWorlds } from '../insights/stored-worlds.js';
import { openStore } from '../support/analytics-events.js';
import { type Cast, inProject, seedCast } from '../support/cast.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let ann: string;
let left: string;

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { ROLE: 'api' } });
  cast = await seedCast(s);
  const sdk = cast.site.keys.sdk.client(ProfilesSDKService);
  ({ profileId: ann } = await sdk.identify({ externalId: 'ann', anonymousId: 'anon-1' }));
  ({ profileId: left } = await sdk.identify({ externalId: 'left', anonymousId: 'anon-2' }));
  await s.database.query('update profile set deleted_at = now() where id = $1', [left]);
  const shop = world(
    [
      event('anon-1', 'view', '01 10:00', {
        id: 'a',
        session: 's1',
        properties: { $country: 'SE', $bot_score: 2 },
      }),
      event('ann', 'buy', '01 10:05', { id: 'b', session: 's1', properties: { amount: 7.5 } }),
      event('ann', 'view', '02 10:00', { id: 'c', bot: true }),
      event('bob', 'view', '03 10:00', { id: 'd', properties: { plan: 'free', $pageTitle: 'Home' } }),
      event('anon-2', 'view', '04 10:00', { id: 'e' }),
      event('', 'ping', '05 10:00', { id: 'f' }),
    ],
    {
      ann: { id: ann, aliases: ['anon-1'], traits: { plan: 'gold' } },
      left: { id: left, aliases: ['anon-2'], deleted: true },
    },
  );
  if (!s.analytics) throw new Error('The server has an analytics store.');
  const { store, stop } = openStore(s.analytics);
  const elsewhere = world([event('ann', 'secret', '02 10:00', { id: 'x', session: 's1' })]);
  await storeWorlds(
    s.analytics,
    store,
    new Map([
      [cast.site.number, shop],
      [cast.otherSite.number, elsewhere],
    ]),
  );
  await stop();
});
afterAll(() => s?.stop());

type Asked = Omit<MessageInitShape<typeof ListRequestSchema>, '$typeName'>;
const list = (request: Asked, project = cast.site) =>
  project.keys.shared.client(ActivityService).list(request);
async function ids(request: Asked, project = cast.site): Promise<string> {
  return (await list(request, project)).events.map(({ id }) => id).join('');
}
const range = (start: string, end: string) => ({
  timeRange: { start: timestampFromMs(at(start)), end: timestampFromMs(at(end)) },
});
const filter = (property: string, operator: Operator, value = '', values: string[] = []) => ({
  property,
  operator,
  value,
  values,
});

describe('the documented list of events is refused', () => {
  test('to keys that only write, and to members of another organization', async () => {
    const refused = await refusalOf(cast.site.keys.sdk.client(ActivityService).list({}));
    expect(refused.code).toBe(Code.PermissionDenied);
    const mallory = inProject(cast.mallory, cast.site, ActivityService);
    expect((await refusalOf(mallory.list({}))).code).toBe(Code.Unauthenticated);
  });

  test.each<[string, Asked, string]>([
    ['two persons', { externalId: 'ann', profileId: 'ann' }, 'profile_id'],
    ['a range that ends before it begins', range('03', '02'), 'time_range.end'],
    ['a range without a start', { timeRange: { end: timestampFromMs(at('02')) } }, 'time_range.start'],
    [
      'a range that starts at the epoch',
      { timeRange: { start: timestampFromMs(0), end: timestampFromMs(1) } },
      'time_range.start',
    ],
    ['an event without a name', { eventNames: ['view', ''] }, 'event_names[1]'],
    ['a page that is too large', { limit: 1_001 }, 'limit'],
    ['a token that was made up', { pageToken: 'x' }, 'page_token'],
    ['a filter without a value', { filters: [filter('plan', Operator.EQUALS)] }, 'filters[0].value'],
    [
      'a filter without numbers',
      { filters: [filter('plan', Operator.BETWEEN, '', ['b', 'a'])] },
      'filters[0].values',
    ],
  ])('for %s', async (_, request, field) => {
    const refused = await refusalOf(list(request));
    expect(refused).toMatchObject({ code: Code.InvalidArgument });
    expect(refused.fields).toEqual([field]);
  });

  test('for the token of another project, person or filter', async () => {
    const { nextPageToken: pageToken } = await list({ limit: 1 });
    expect(pageToken).not.toBe('');
    for (const attempt of [
      () => list({ pageToken }, cast.otherSite),
      () => list({ pageToken, externalId: 'ann' }),
      () => list({ pageToken, eventNames: ['view'] }),
    ])
      expect((await refusalOf(attempt())).fields).toEqual(['page_token']);
  });

  test('for a person who does not exist, is deleted, or is of another project', async () => {
    for (const request of [
      { externalId: 'stranger' },
      { profileId: 'stranger' },
      { externalId: 'anon-unheard' },
      { externalId: 'left' },
      { profileId: left },
      { profileId: 'anon-2' },
    ])
      expect([request, (await refusalOf(list(request))).code]).toEqual([request, Code.NotFound]);
    expect((await refusalOf(list({ profileId: ann }, cast.otherSite))).code).toBe(Code.NotFound);
  });
});

describe('the documented list of events', () => {
  test('has those of the project, newest first, without robots', async () => {
    expect(await ids({})).toBe('fedba');
    expect(await ids({}, cast.otherSite)).toBe('x');
  });

  test('has those of a person, under all ids', async () => {
    expect(await ids({ externalId: 'ann' })).toBe('ba');
    expect(await ids({ profileId: ann })).toBe('ba');
    expect(await ids({ profileId: 'anon-1' })).toBe('ba');
    expect(await ids({ profileId: 'bob' })).toBe('d');
  });

  test('can be limited', async () => {
    expect(await ids({ eventNames: ['buy', 'ping'] })).toBe('fb');
    expect(await ids({ sessionId: 's1' })).toBe('ba');
    expect(await ids(range('01 10:00', '01 10:05'))).toBe('a');
    expect(await ids({ filters: [filter('$geo.country', Operator.EQUALS, 'SE')] })).toBe('a');
    expect(await ids({ filters: [filter('$botScore', Operator.LTE, '0.02')] })).toBe('a');
    // A trait of the person, where the event lacks the property.
    expect(await ids({ filters: [filter('plan', Operator.IN, '', ['gold', 'free'])] })).toBe('dba');
  });

  test('has pages', async () => {
    const first = await list({ limit: 3 });
    const second = await list({ limit: 3, pageToken: first.nextPageToken });
    expect([...first.events, ...second.events].map(({ id }) => id).join('')).toBe('fedba');
    expect(second.nextPageToken).toBe('');
  });

  test('shows events under the documented names, with their profiles', async () => {
    const { events } = await list({});
    const [ping, anonymous, home, , view] = events;
    expect(view).toMatchObject({
      id: 'a',
      name: 'view',
      properties: { '$geo.country': 'SE', $botScore: 0.02 },
      timestamp: timestampFromMs(at('01 10:00')),
      sessionId: 's1',
      distinctId: 'anon-1',
      profileId: ann,
      externalId: 'ann',
    });
    expect(home).toMatchObject({
      properties: { plan: 'free', $title: 'Home' },
      profileId: '',
      externalId: '',
    });
    // Deleted.
    expect(anonymous).toMatchObject({ distinctId: 'anon-2', profileId: '', externalId: '' });
    expect(ping).toMatchObject({ distinctId: '', profileId: '' });
  });
});
