import type { ActivityEvent } from '@dovecote/contract/shared/activity/v1/activity_pb';
import { timestampMs } from '@bufbuild/protobuf/wkt';

/** An event as it is shown. */
export interface ShownEvent extends Place {
  readonly sessionId: string;
  readonly automatic: Readonly<Record<string, unknown>>;
  readonly custom: Readonly<Record<string, unknown>>;
}

/** Where an event stands in a feed. */
export interface Place {
  readonly eventId: string;
  readonly kind: string;
  readonly distinctId: string;
  /** Milliseconds of the epoch. */
  readonly time: number;
}

export function toShown(event: ActivityEvent): ShownEvent {
  const { eventId, kind, distinctId, sessionId, occurTime, autoProperties, customProperties } = event;
  return {
    ...{ eventId, kind, distinctId, sessionId, time: occurTime ? timestampMs(occurTime) : NaN },
    automatic: autoProperties ?? {},
    custom: customProperties ?? {},
  };
}
