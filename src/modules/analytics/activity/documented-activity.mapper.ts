import type { JsonObject, MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { ListRequest, ListResponseSchema } from '@dovecote/contract/activity/v1/activity_pb';
import type { FieldViolation } from '../../../platform/errors/index.js';
import { documentedBotNumber, documentedName, isBotScore } from '../event/index.js';
import { toDocumentedFilter, toWindow, violationsOfFilter } from '../insight/index.js';
import type { Identity } from '../profile/index.js';
import type { FeedPage, FeedRequest } from './activities.service.js';
import type { FeedEvent, Person } from './activity.js';
import { toProperties } from './properties.mapper.js';

const DEFAULT_LIMIT = 100;

/** What is wrong with a request beyond what the rules of single fields tell. */
export function violationsOf({ externalId, profileId, timeRange, filters }: ListRequest): FieldViolation[] {
  const isReversed = timeRange?.start && timeRange.end && !isBefore(timeRange.start, timeRange.end);
  return [
    ...(externalId !== '' && profileId !== ''
      ? [{ field: 'profile_id', description: 'must be empty when external_id is set' }]
      : []),
    ...(isReversed ? [{ field: 'time_range.end', description: 'must be after the start' }] : []),
    ...filters.flatMap((filter, index) => violationsOfFilter(filter, `filters[${index}]`)),
  ];
}

type Instant = NonNullable<NonNullable<ListRequest['timeRange']>['start']>;

function isBefore(start: Instant, end: Instant): boolean {
  return start.seconds < end.seconds || (start.seconds === end.seconds && start.nanos < end.nanos);
}

export function toFeedRequest(request: ListRequest, person: Person | undefined): FeedRequest {
  const { start, end } = request.timeRange ?? {};
  return {
    person,
    sessionId: request.sessionId,
    window: request.timeRange && toWindow({ from: start, to: end }),
    selectors: request.eventNames.map((kind) => ({ kind, filters: [] })),
    filters: request.filters.map(toDocumentedFilter),
    fallBackToTraits: true,
    pageSize: request.limit || DEFAULT_LIMIT,
    pageToken: request.pageToken,
  };
}

export function toPage(
  { events, nextPageToken }: FeedPage,
  profiles: ReadonlyMap<string, Identity>,
): MessageInitShape<typeof ListResponseSchema> {
  return { events: events.map((event) => toEvent(event, profiles.get(event.distinctId))), nextPageToken };
}

function toEvent(event: FeedEvent, profile: Identity | undefined) {
  const { automatic, custom } = toProperties(event);
  return {
    id: event.eventId,
    name: event.kind,
    properties: { ...custom, ...documented(automatic) },
    timestamp: timestampFromMs(event.time),
    sessionId: event.sessionId,
    distinctId: event.distinctId,
    profileId: profile?.profileId ?? '',
    externalId: profile?.externalId ?? '',
  };
}

/** Under the names that this contract has, and the score of a robot from 0 to 1. */
function documented(properties: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      documentedName(name),
      isBotScore(name) ? documentedBotNumber(Number(value)) : value,
    ]),
  );
}
