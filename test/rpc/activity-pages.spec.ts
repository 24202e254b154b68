import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { ActivityService } from '@dovecote/contract/shared/activity/v1/activity_pb';
import type { AnalyticsStore } from '../../src/platform/analytics-store/index.js';
import { at, event, world } from '../insights/cases/write.js';
import type { World } from '../insights/naive/world.js';
import { storeWorlds } from '../insights/stored-worlds.js';
import { openStore } from '../support/analytics-events.js';
import { addProject, type Cast, seedCast, type TestProject } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const DAY_MS = 86_400_000;

let s: TestServer;
let cast: Cast;
let store: AnalyticsStore;
let stop: () => Promise<void>;
let ann: string;
/** A project of the same organization. */
let apart: TestProject;
/** Where pages are walked through. */
let walked: TestProject;

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { ROLE: 'api' } });
  cast = await seedCast(s);
  apart = await addProject(s, cast.acme, 'Apart');
  walked = await addProject(s, cast.acme, 'Walked');
  const person = { externalId: 'ann', traits: { plan: 'gold', age: 42 }, anonymousId: 'anon-1' };
  ({ profileId: ann } = await cast.site.keys.sdk.client(ProfilesSDKService).identify(person));
  if (!s.analytics) throw new Error('The server has an analytics store.');
  ({ store, stop } = openStore(s.analytics));
  const shop = world(
    [
      event('anon-1', 'view', '01 10:00', { id: 'a', session: 's1' }),
      event('ann', 'buy', '01 10:05', { id: 'b', session: 's1' }),
      event('ann', 'buy', '01 10:05', { id: 'b', session: 's1', received: 60_000 }),
      // The latest of two at one instant is the one with the higher id.
      event('ann', 'view', '02 09:00', { id: 'c', properties: { $browser: 'Safari', $country: 'SE' } }),
      event(ann, 'view', '02 09:00', { id: 'd', properties: { $browser: 'Chrome', $mobile: true } }),
      event('ann', 'crawl', '02 10:00', { id: 'e', bot: true }),
      event('bob', 'view', '03 10:00', { id: 'f' }),
    ],
    { ann: { id: ann, aliases: ['anon-1'] } },
  );
  await put([cast.site.number, shop], [cast.otherSite.number, shop]);
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
const range = (from: string, to: string) => ({
  timeRange: { from: timestampFromMs(at(from)), to: timestampFromMs(at(to)) },
});

describe('pages', () => {
  const moment = (second: number) => `10 10:00:${String(second).padStart(2, '0')}`;
  /** Two events at each second, in reverse, with a copy of each that came later. */
  const walk = world(
    Array.from({ length: 20 }, (_, index) => index).flatMap((index) => {
      const [id, time] = [`w${String(index).padStart(2, '0')}`, moment(Math.floor(index / 2))];
      return [event('ann', 'view', time, { id }), event('ann', 'view', time, { id, received: 9_000 })];
    }),
  );
  const ids = Array.from({ length: 20 }, (_, index) => `w${String(19 - index).padStart(2, '0')}`);

  test('lead through all events, whatever arrives in between', async () => {
    await put([walked.number, walk]);
    const seen: string[] = [];
    let pageToken = '';
    for (let page = 0; page < 10; page++) {
      const { events, nextPageToken } = await activity(walked).getEventExplorer({ pageSize: 3, pageToken });
      seen.push(...events.map(({ eventId }) => eventId));
      if (nextPageToken === '') break;
      pageToken = nextPageToken;
      // A retry of an event that was shown and of one that was not, and a new event.
      const retried = [0, 19].map((index) =>
        event('ann', 'view', moment(Math.floor(index / 2)), {
          id: `w${String(index).padStart(2, '0')}`,
          received: 60_000 + page,
        }),
      );
      await put([walked.number, world([...retried, event('ann', 'view', '11 10:00', { id: `new${page}` })])]);
    }
    expect(seen).toEqual(ids);
  });

  test('end with the last event, also when it fills its page', async () => {
    const request = { ...range('10', '11'), pageSize: 10 };
    const first = await activity(walked).getEventExplorer(request);
    const second = await activity(walked).getEventExplorer({ ...request, pageToken: first.nextPageToken });
    expect([first.events.length, second.events.length, second.nextPageToken]).toEqual([10, 10, '']);
  });

  test('keep apart events of one instant and one id', async () => {
    const twins = ['view', 'buy'].flatMap((kind) =>
      ['ann', 'bob'].map((person) => event(person, kind, '20 10:00', { id: 'twin' })),
    );
    await put([walked.number, world(twins)]);
    const seen: string[] = [];
    for (let pageToken: string | undefined = ''; pageToken !== undefined;) {
      const request = { ...range('20', '21'), pageSize: 1, pageToken };
      const page = await activity(walked).getEventExplorer(request);
      seen.push(...page.events.map(({ kind, distinctId }) => `${kind} ${distinctId}`));
      pageToken = page.nextPageToken === '' ? undefined : page.nextPageToken;
    }
    expect(seen.sort()).toEqual(['buy ann', 'buy bob', 'view ann', 'view bob']);
  });
});

describe('a person', () => {
  const days = async (distinctId: string, request: ReturnType<typeof range> | object = range('01', '30')) => {
    const heatmap = await activity().getActivityHeatmap({ distinctId, ...request });
    return heatmap.days.map(({ date, count }) => `${date} ${count}`);
  };

  test('is counted by day of UTC, over all ids', async () => {
    expect(await days('anon-1')).toEqual(['2026-06-01 2', '2026-06-02 2']);
    expect(await days('ann', range('01 10:05', '02 09:00'))).toEqual(['2026-06-01 1']);
    expect(await days('stranger')).toEqual([]);
    // Longer ago than 60 days.
    expect(await days('ann', {})).toEqual([]);
  });

  test('is counted over today and 60 days before, without a range', async () => {
    // At noon: the server and this test ask for the day at two moments.
    const noon = Math.ceil(Date.now() / DAY_MS) * DAY_MS + DAY_MS / 2;
    await s.travel(noon - Date.now());
    const on = (back: number) => (position: number) => ({
      ...event('dee', 'view', '01', { id: `h${back}` })(position),
      occurTime: noon - back * DAY_MS,
    });
    await put([apart.number, world([on(0), on(60), on(61)])]);
    const heatmap = await activity(apart).getActivityHeatmap({ distinctId: 'dee' });
    const dates = [60, 0].map((back) => new Date(noon - back * DAY_MS).toISOString().slice(0, 10));
    expect(heatmap.days.map(({ date }) => date)).toEqual(dates);
    expect((await activity(apart).getProfileStats({ distinctId: 'dee' })).heatmap).toEqual(heatmap.days);
  });

  test('is summed up, with the latest event and the profile', async () => {
    const { stats, properties } = await activity().getProfileStats({ distinctId: 'anon-1' });
    expect(stats).toMatchObject({
      firstSeen: timestampFromMs(at('01 10:00')),
      lastSeen: timestampFromMs(at('02 09:00')),
      totalEvents: 4n,
      browser: 'Chrome',
      os: '',
      country: '',
    });
    expect(properties).toEqual({ plan: 'gold', age: 42 });
  });

  test('without events has none', async () => {
    const { stats, properties, heatmap } = await activity().getProfileStats({ distinctId: 'stranger' });
    expect([stats, properties, heatmap]).toEqual([undefined, undefined, []]);
  });

  test('that was deleted has no profile: the id stands for itself', async () => {
    const sdk = cast.site.keys.sdk.client(ProfilesSDKService);
    const { profileId } = await sdk.identify({
      externalId: 'left',
      traits: { secret: 1 },
      anonymousId: 'anon-left',
    });
    await s.database.query('update profile set deleted_at = now() where id = $1', [profileId]);
    await put([
      cast.site.number,
      world(
        [event('anon-left', 'view', '25 10:00', { id: 'y' }), event('left', 'view', '25 11:00', { id: 'z' })],
        { left: { id: profileId, aliases: ['anon-left'], deleted: true } },
      ),
    ]);
    const { events } = await activity().getActivityFeed({ distinctId: 'left' });
    expect(events.map(({ eventId }) => eventId)).toEqual(['z']);
    expect((await activity().getProfileStats({ distinctId: 'left' })).properties).toBeUndefined();
  });
});
