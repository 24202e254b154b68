import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inspect } from 'node:util';
import { Activities } from '../../src/modules/analytics/activity/activities.service.js';
import type { Feed, Person } from '../../src/modules/analytics/activity/activity.js';
import { findProject } from '../../src/platform/caller/project.js';
import { type Scope, Scopes } from '../../src/platform/scope/index.js';
import { openStore } from '../support/analytics-events.js';
import { addProject, type Cast, seedCast, type TestProject } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { arbitraryFilter, arbitrarySelector } from './arbitrary/question.js';
import { arbitraryScene, arbitraryWindow, type Scene } from './arbitrary/scene.js';
import { arbitraryWorld } from './arbitrary/world.js';
import { naiveFeed } from './naive/feed.js';
import type { StoredEvent, World } from './naive/world.js';
import { storeWorlds } from './stored-worlds.js';

// The same feeds in every run. ACTIVITY_RUNS=500 asks for longer, ACTIVITY_SEED=7 for other ones.
const RUNS = Number(process.env.ACTIVITY_RUNS ?? 12);
const SEED = Number(process.env.ACTIVITY_SEED ?? 20261130);
const FEEDS = 4;

interface Walk {
  readonly feed: Omit<Feed, 'person'> & { readonly id: string };
  readonly pageSizes: readonly number[];
}

interface Run {
  readonly world: World;
  /** What is stored while feeds are walked through. */
  readonly arriving: World;
  readonly walks: readonly Walk[];
}

const few = (arbitrary: typeof arbitraryFilter) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.array(arbitrary, { maxLength: 2 }) },
  );

function arbitraryWalk(scene: Scene): fc.Arbitrary<Walk> {
  return fc.record({
    feed: fc.record({
      id: fc.constantFrom('', '', 'anon-a', 'anon-b', 'ext-1', 'prof-1', 'Zoë', 'cookieless-x', 'unknown'),
      sessionId: fc.constantFrom('', '', '', '', 's1', 's2'),
      window: fc.option(arbitraryWindow(scene), { nil: undefined }),
      selectors: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(arbitrarySelector, { maxLength: 3 }) },
      ),
      filters: few(arbitraryFilter),
      fallBackToTraits: fc.boolean(),
    }),
    pageSizes: fc.array(fc.constantFrom(1, 2, 3, 7, 100), { minLength: 1, maxLength: 3 }),
  });
}

const arbitraryRun: fc.Arbitrary<Run> = arbitraryScene.chain((scene) =>
  fc.record({
    world: arbitraryWorld(scene),
    arriving: arbitraryWorld(scene),
    walks: fc.array(arbitraryWalk(scene), { minLength: FEEDS, maxLength: FEEDS }),
  }),
);

let s: TestServer;
let cast: Cast;
let opened: ReturnType<typeof openStore>;

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { ROLE: 'api' } });
  cast = await seedCast(s);
  if (!s.analytics) throw new Error('The server has an analytics store.');
  opened = openStore(s.analytics);
}, 120_000);
afterAll(async () => {
  await opened?.stop();
  await s?.stop();
});

test(
  `pages of a feed are the events of the naive evaluator, also while others arrive (ACTIVITY_SEED=${SEED})`,
  async () => {
    let pages = 0;
    for (const [index, run] of fc.sample(arbitraryRun, { numRuns: RUNS, seed: SEED }).entries()) {
      const project = await addProject(s, cast.acme, `Run ${index}`);
      await put(project, run.world);
      const walks = run.walks.map((walk) => ({ walk, feed: feedOf(run.world, walk.feed) }));
      const first = await Promise.all(walks.map((one) => walkThrough(project, one)));
      pages += first.reduce((sum, walked) => sum + walked.pages, 0);
      for (const [place, one] of walks.entries())
        same(first[place]?.keys ?? [], naiveFeed(run.world, one.feed).map(keyOf), { ...one, run });
      // Again, and more arrives behind the first page: each event that was there comes once, in order.
      let isStored = false;
      const arrive = async (): Promise<void> => {
        if (isStored) return;
        isStored = true;
        await put(project, { ...run.world, events: arrivingOf(run) });
      };
      for (const one of walks) {
        const { keys } = await walkThrough(project, one, arrive);
        const present = isStored ? keys.filter((key) => !key.includes('late-')) : keys;
        same(present, naiveFeed(run.world, one.feed).map(keyOf), { ...one, run });
        expect(new Set(keys).size).toBe(keys.length);
      }
    }
    expect(pages).toBeGreaterThan(RUNS * FEEDS);
  },
  60_000 + RUNS * 10_000,
);

/** Under other ids: what is there already stays as it is. */
function arrivingOf({ arriving }: Run): StoredEvent[] {
  return arriving.events.map((event) => ({ ...event, eventId: `late-${event.eventId}` }));
}

/** As a person is found by an id: one whose profile is deleted stands for that id alone. */
function feedOf({ profiles, identities }: World, { id, ...feed }: Walk['feed']): Feed {
  if (id === '') return feed;
  const profile = profiles.find((one) => one.id === identities.get(id) && !one.deleted);
  const person: Person = profile
    ? { ids: [...identities].flatMap(([one, of]) => (of === profile.id ? [one] : [])), profileId: profile.id }
    : { ids: [id] };
  return { ...feed, person };
}

async function walkThrough(
  { id, orgId }: TestProject,
  { walk, feed }: { readonly walk: Walk; readonly feed: Feed },
  behindFirst?: () => Promise<void>,
): Promise<{ keys: string[]; pages: number }> {
  const scopes = s.server.app.get(Scopes, { strict: false });
  const activities = s.server.app.get(Activities, { strict: false });
  const keys: string[] = [];
  let pageToken = '';
  for (let page = 0; ; page += 1) {
    const pageSize = walk.pageSizes[page % walk.pageSizes.length] ?? 1;
    const read = (scope: Scope) => activities.page(scope, { ...feed, pageSize, pageToken }, [walk.feed]);
    const origin = { caller: { kind: 'system', orgId } as const, requestId: 'activity' };
    const project = await scopes.run(origin, async (scope) => findProject(await scope.tx(), id));
    const { events, nextPageToken } = await scopes.run({ ...origin, project, readOnly: true }, read);
    expect(events.length).toBeLessThanOrEqual(pageSize);
    keys.push(...events.map((event) => keyOf({ ...event, occurTime: event.time })));
    if (nextPageToken === '') return { keys, pages: page + 1 };
    pageToken = nextPageToken;
    if (page === 0) await behindFirst?.();
  }
}

function keyOf(
  event: Pick<StoredEvent, 'occurTime' | 'eventId' | 'kind' | 'distinctId' | 'sessionId'>,
): string {
  const { occurTime, eventId, kind, distinctId, sessionId } = event;
  return `${new Date(occurTime).toISOString()} ${eventId} ${kind} ${distinctId} ${sessionId}`;
}

async function put({ number }: TestProject, world: World): Promise<void> {
  if (!s.analytics) throw new Error('The server has an analytics store.');
  await storeWorlds(s.analytics, opened.store, new Map([[number, world]]));
}

function same(answer: readonly string[], expected: readonly string[], about: object): void {
  if (inspect(answer, { maxArrayLength: null }) !== inspect(expected, { maxArrayLength: null }))
    throw new Error(`ACTIVITY_SEED=${SEED}\n${inspect({ answer, expected, ...about }, { depth: 9 })}`);
}
