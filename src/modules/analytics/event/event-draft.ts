import type { EventRecord, PropertyValue } from './event-record.js';

/**
 * An event as its caller sent it, valid, before it is identified and enriched. `distinctId` and `sessionId` of a cookieless
 * event are empty.
 */
export type EventDraft = { -readonly [Key in keyof Omit<EventRecord, 'properties'>]: EventRecord[Key] } & {
  /** By stored name. */
  readonly properties: Map<string, PropertyValue>;
};
