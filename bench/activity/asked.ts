import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { createClient } from '@connectrpc/connect';
import { PropertySource } from '@dovecote/contract/common/v1/filter_schema_pb';
import { FilterOperator } from '@dovecote/contract/common/v1/filters_pb';
import {
  ActivityService,
  type GetActivityFeedRequestSchema,
  type GetEventExplorerRequestSchema,
} from '@dovecote/contract/shared/activity/v1/activity_pb';
import type { AnalyticsWorld } from '../support/analytics-world.js';
import type { Asked } from '../support/beside-hand.js';
import { type Busy, busyPerson, LIVE_MS } from './events.js';
import { before, daysByHand, feedByHand, from, type HandFeed } from './hand.js';
import { type Place, type ShownEvent, toShown } from './shown.js';

/** What a dashboard shows of a person at once, and of the live project. */
const PAGE = 200;
const LIVE_PAGE = 1_000;
/** The largest page. */
const WALK_PAGE = 1_000;
const DAY_MS = 86_400_000;
const HEATMAP_DAYS = 60;

type Feed = Omit<MessageInitShape<typeof GetActivityFeedRequestSchema>, '$typeName'>;
type Explored = Omit<MessageInitShape<typeof GetEventExplorerRequestSchema>, '$typeName'>;

/** A walk through all events of the person. */
export interface Walk {
  /** Milliseconds of each page, in ascending order. */
  readonly pages: Float64Array;
  readonly events: number;
  readonly middle: Bookmark;
  readonly last: Bookmark;
}

/** Where a page begins. */
interface Bookmark {
  readonly pageToken: string;
  readonly after: Place;
}

export async function walk({ transport }: AnalyticsWorld, { events }: Busy): Promise<Walk> {
  process.stderr.write('Walking through all pages …\n');
  const client = createClient(ActivityService, transport);
  const [walls, bookmarks]: [number[], Bookmark[]] = [[], []];
  const seen = new Set<string>();
  for (let pageToken = ''; ;) {
    const begin = performance.now();
    const page = await client.getActivityFeed({ distinctId: busyPerson, pageSize: WALK_PAGE, pageToken });
    walls.push(performance.now() - begin);
    for (const { eventId } of page.events) seen.add(eventId);
    pageToken = page.nextPageToken;
    if (pageToken === '') break;
    bookmarks.push({ pageToken, after: toShown(page.events.at(-1)!) });
    if (walls.length % 20 === 0) process.stderr.write(`  ${seen.size} events\n`);
  }
  if (seen.size !== events) throw new Error(`The pages have ${seen.size} of ${events} events.`);
  const [middle, last] = [bookmarks[Math.floor(bookmarks.length / 2)], bookmarks.at(-1)];
  if (!middle || !last) throw new Error('The person needs more events than one page has.');
  return { pages: Float64Array.from(walls).sort(), events: seen.size, middle, last };
}

export function askedOfActivity(world: AnalyticsWorld, { history }: Busy, { middle, last }: Walk): Asked[] {
  const client = createClient(ActivityService, world.transport);
  const feed = (name: string, request: Feed, hand: Partial<HandFeed> = {}): Asked => ({
    name,
    product: async () => {
      const page = await client.getActivityFeed({ distinctId: busyPerson, pageSize: PAGE, ...request });
      return page.events.map(toShown);
    },
    byHand: () => feedByHand(world, { person: busyPerson, size: PAGE, ...hand }),
  });
  const explored = (name: string, request: Explored, conditions: readonly string[] = []): Asked => ({
    name,
    product: async (): Promise<ShownEvent[]> =>
      (await client.getEventExplorer({ pageSize: LIVE_PAGE, ...request })).events.map(toShown),
    byHand: () => feedByHand(world, { size: LIVE_PAGE, conditions }),
  });
  const live = { from: history.to - LIVE_MS, to: history.to };
  return [
    feed(`the first ${PAGE} events of the person`, {}),
    feed(`${PAGE} in the middle`, { pageToken: middle.pageToken }, { after: middle.after }),
    feed(
      'the last page',
      { pageToken: last.pageToken, pageSize: WALK_PAGE },
      { after: last.after, size: WALK_PAGE },
    ),
    feed(
      `the first ${PAGE} of two kinds with two filters`,
      {
        events: [{ kind: 'purchase' }, { kind: 'add_to_cart' }],
        propertyFilters: [
          { property: '$browser', operator: FilterOperator.EQUALS, value: 'Chrome' },
          {
            property: 'price',
            operator: FilterOperator.GTE,
            value: '100',
            source: PropertySource.CUSTOM,
          },
        ],
      },
      {
        conditions: [`kind IN ('purchase', 'add_to_cart')`, `browser = 'Chrome'`, `numbers['price'] >= 100`],
      },
    ),
    explored(
      `the live page: ${LIVE_PAGE} of ${LIVE_MS / 60_000} minutes`,
      { timeRange: { from: timestampFromMs(live.from), to: timestampFromMs(live.to) } },
      [from(live.from), before(live.to)],
    ),
    explored(`the newest ${LIVE_PAGE} of the project`, {}),
    {
      name: 'the days of the person',
      product: async () => {
        const { days } = await client.getActivityHeatmap({ distinctId: busyPerson });
        return days.map(({ date, count }) => [date, Number(count)]);
      },
      byHand: () => daysByHand(world, Math.floor(Date.now() / DAY_MS) * DAY_MS - HEATMAP_DAYS * DAY_MS),
    },
  ];
}
