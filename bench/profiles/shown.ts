import { timestampMs } from '@bufbuild/protobuf/wkt';
import type { Profile as DocumentedProfile } from '@dovecote/contract/profiles/v1/profiles_pb';
import type { Profile } from '@dovecote/contract/shared/profiles/v1/profiles_pb';

/** A person as it is shown. */
export interface ShownPerson {
  readonly id: string;
  readonly externalId: string;
  readonly traits: unknown;
  /** Milliseconds of the epoch; so are all times. */
  readonly created?: number;
  readonly updated?: number;
  readonly activity?: ShownActivity;
}

export interface ShownActivity {
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly events: number;
  readonly pageviews: number;
  readonly sessions: number;
  /** What the latest event has: browser, its version, system, its version, device, country, region, city. */
  readonly latest: readonly string[];
}

export function toShown({ id, externalId, properties, activity, ...times }: Profile): ShownPerson {
  return {
    ...{ id, externalId, traits: properties ?? {} },
    created: milliseconds(times.createTime),
    updated: milliseconds(times.updateTime),
    ...(activity && {
      activity: {
        ...{ firstSeen: milliseconds(activity.firstSeen), lastSeen: milliseconds(activity.lastSeen) },
        ...{ events: Number(activity.totalEvents), pageviews: Number(activity.pageviews) },
        sessions: Number(activity.sessions),
        latest: [
          ...[activity.browser, activity.browserVersion, activity.os, activity.osVersion],
          ...[activity.device, activity.country, activity.region, activity.city],
        ],
      },
    }),
  };
}

/** What the documented contract shows of a person. */
export interface DocumentedPerson {
  readonly id: string;
  readonly externalId: string;
  readonly traits: unknown;
  /** 0: no events. */
  readonly events: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
}

export function toDocumented({ id, externalId, traits, ...seen }: DocumentedProfile): DocumentedPerson {
  return {
    ...{ id, externalId, traits: traits ?? {}, events: seen.eventCount },
    firstSeen: milliseconds(seen.firstSeen),
    lastSeen: milliseconds(seen.lastSeen),
  };
}

export function documentedOf({ id, externalId, traits, activity }: ShownPerson): DocumentedPerson {
  const { events = 0, firstSeen = 0, lastSeen = 0 } = activity ?? {};
  return { id, externalId, traits, events, firstSeen, lastSeen };
}

function milliseconds(time: Parameters<typeof timestampMs>[0] | undefined): number {
  return time ? timestampMs(time) : 0;
}
