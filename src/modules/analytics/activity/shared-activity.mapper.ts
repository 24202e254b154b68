import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { TimeRange } from '@dovecote/contract/common/v1/time_pb';
import type {
  ActivityEventSchema,
  GetActivityFeedRequest,
  GetEventExplorerRequest,
  GetProfileStatsResponseSchema,
} from '@dovecote/contract/shared/activity/v1/activity_pb';
import { toFilter, toSelector, toWindow, type Window } from '../insight/index.js';
import type { FeedPage, FeedRequest, PersonSummary } from './activities.service.js';
import type { DayCount, FeedEvent, Person } from './activity.js';
import { toProperties } from './properties.mapper.js';

const DEFAULT_PAGE = 100;

/** Unset: no range. */
export function toRange(range: TimeRange | undefined): Window | undefined {
  return range && toWindow(range);
}

export function toFeedRequest(
  request: GetActivityFeedRequest | GetEventExplorerRequest,
  person: Person | undefined,
): FeedRequest {
  return {
    person,
    sessionId: request.sessionId,
    window: toRange(request.timeRange),
    selectors: request.events.map(toSelector),
    filters: request.propertyFilters.map(toFilter),
    fallBackToTraits: false,
    pageSize: request.pageSize || DEFAULT_PAGE,
    pageToken: request.pageToken,
  };
}

export function toPage({ events, nextPageToken }: FeedPage) {
  return { events: events.map(toEvent), nextPageToken };
}

function toEvent(event: FeedEvent): MessageInitShape<typeof ActivityEventSchema> {
  const { automatic, custom } = toProperties(event);
  return {
    eventId: event.eventId,
    kind: event.kind,
    distinctId: event.distinctId,
    occurTime: timestampFromMs(event.time),
    sessionId: event.sessionId,
    autoProperties: automatic,
    customProperties: custom,
  };
}

export function toDays(days: readonly DayCount[]) {
  return days.map(({ date, count }) => ({ date, count: BigInt(count) }));
}

export function toProfileStats({
  stats,
  days,
  traits,
}: PersonSummary): MessageInitShape<typeof GetProfileStatsResponseSchema> {
  return {
    stats: stats && {
      firstSeen: timestampFromMs(stats.firstSeen),
      lastSeen: timestampFromMs(stats.lastSeen),
      totalEvents: BigInt(stats.totalEvents),
      browser: stats.latest.$browser ?? '',
      browserVersion: stats.latest.$browserVersion ?? '',
      os: stats.latest.$os ?? '',
      osVersion: stats.latest.$osVersion ?? '',
      device: stats.latest.$device ?? '',
      country: stats.latest.$country ?? '',
      city: stats.latest.$city ?? '',
    },
    heatmap: toDays(days),
    properties: traits,
  };
}
