import type { EventRecord, PropertyValue } from '../../../src/modules/analytics/event/event-record.js';

/** A row as the store got it. A retry is a second row with the same key and a later `receivedAt`. */
export interface StoredEvent extends EventRecord {
  readonly receivedAt: number;
}

export type Trait = string | number | boolean | Traits;

export interface Traits {
  readonly [name: string]: Trait;
}

export interface StoredProfile {
  readonly id: string;
  readonly externalId: string;
  readonly traits: Traits;
  readonly deleted: boolean;
}

/** What one project has stored. */
export interface World {
  readonly events: readonly StoredEvent[];
  /** From any id of a person to the id of the profile: external ids, aliases and the profiles' own ids. */
  readonly identities: ReadonlyMap<string, string>;
  readonly profiles: readonly StoredProfile[];
}

/** Equal copies count once, and the copy that came last is the one that counts. */
export function distinctEvents(events: readonly StoredEvent[]): StoredEvent[] {
  const latest = new Map<string, StoredEvent>();
  for (const event of events) {
    const key = JSON.stringify([event.kind, event.distinctId, event.occurTime, event.eventId]);
    const before = latest.get(key);
    if (before === undefined || event.receivedAt > before.receivedAt) {
      latest.set(key, event);
    }
  }
  return [...latest.values()];
}

export function textOf(value: PropertyValue): string {
  switch (value.type) {
    case 'string':
      return value.value;
    case 'timestamp':
      return value.value.toISOString();
    default:
      return String(value.value);
  }
}
