import { randomUUID } from 'node:crypto';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import type { BatchCreateRequest, Event } from '@dovecote/contract/events/v1/events_pb';
import { invalidArgument } from '../../../platform/errors/index.js';
import type { EventDraft } from './event-draft.js';
import type { PropertyValue } from './event-record.js';
import {
  cookielessPrefix,
  isLongerThan,
  millisecondsOf,
  refuseIdText,
  refuseTime,
  refuseValueText,
  sessionPerson,
} from './event-values.rules.js';
import { EventViolations } from './event-violations.js';
import { isAhead } from './occur-time.rules.js';
import { storedName } from './property-names.js';
import { wellKnownDefects } from './well-known.rules.js';

const MOST_EVENTS = 1_000;
const MOST_PROPERTIES = 256;
const MOST_CHARACTERS_OF_PROPERTY = 128;
/** Characters of each field. */
const most = { name: 200, session_id: 128, distinct_id: 255, event_id: 64 };

type Properties = Readonly<Record<string, unknown>>;

/**
 * The events of a message of `events.v1`. `now` is the time of events that name none, and of those that name the epoch,
 * which is what a Date becomes in the documentation's sample. Checks all rules of the proto, as `draftsOfShipped` does.
 * @throws AppError INVALID_ARGUMENT with every violation.
 */
export function draftsOfDocumented({ events }: BatchCreateRequest, now: Date): EventDraft[] {
  if (events.length === 0) throw invalidArgument([{ field: 'events', description: 'value is required' }]);
  if (events.length > MOST_EVENTS)
    throw invalidArgument([
      { field: 'events', description: `must contain no more than ${MOST_EVENTS} item(s)` },
    ]);
  const violations = new EventViolations();
  const drafts: EventDraft[] = [];
  for (const [index, event] of events.entries()) {
    const occurTime = timeOf(event, now);
    refuseFields(event, occurTime, now, index, violations);
    const properties = readProperties(event, index, violations);
    if (violations.isFull) break;
    drafts.push(draftOf(event, occurTime, properties));
  }
  if (violations.found.length > 0) throw invalidArgument(violations.found);
  return drafts;
}

function draftOf(event: Event, occurTime: number, properties: Map<string, PropertyValue>): EventDraft {
  const sessionId = event.sessionId.toWellFormed();
  return {
    eventId: event.eventId.toWellFormed() || randomUUID(),
    kind: event.name.toWellFormed(),
    occurTime,
    distinctId: event.distinctId.toWellFormed() || (sessionId && sessionPerson(sessionId)),
    sessionId,
    cookieless: false,
    bot: false,
    properties,
  };
}

function timeOf({ timestamp }: Event, now: Date): number {
  return isUnset(timestamp) ? now.getTime() : millisecondsOf(timestamp);
}

function isUnset(timestamp: Timestamp | undefined): timestamp is undefined {
  return !timestamp || (timestamp.seconds === 0n && timestamp.nanos === 0);
}

/** Whether the event has an id of the caller's and no time: a retry of it has another time of receipt. */
export function isTimeless(event: Event | undefined): boolean {
  return event !== undefined && event.eventId !== '' && isUnset(event.timestamp);
}

function refuseFields(
  event: Event,
  occurTime: number,
  now: Date,
  index: number,
  violations: EventViolations,
): void {
  const refuse = (field: string, description: string | undefined): void => {
    if (description !== undefined) violations.add(index, `.${field}`, description);
  };
  refuse('name', event.name === '' ? 'value is required' : refuseIdText(event.name, most.name));
  const notATime = event.timestamp && refuseTime(event.timestamp);
  if (notATime !== undefined) refuse('timestamp', notATime);
  else if (isAhead(occurTime, now)) refuse('timestamp', 'must be at most one day ahead of the server’s time');
  refuse('session_id', refuseIdText(event.sessionId, most.session_id));
  refuse('distinct_id', refuseIdText(event.distinctId, most.distinct_id));
  if (event.distinctId.startsWith(cookielessPrefix))
    refuse('distinct_id', `must not begin with ${cookielessPrefix}`);
  refuse('event_id', refuseIdText(event.eventId, most.event_id));
}

function readProperties(
  { name, properties: sent = {} }: Event,
  index: number,
  violations: EventViolations,
): Map<string, PropertyValue> {
  const properties = new Map<string, PropertyValue>();
  const names = Object.keys(sent);
  if (names.length > MOST_PROPERTIES) {
    violations.add(index, '.properties', `must contain no more than ${MOST_PROPERTIES} properties`);
    return properties;
  }
  const refused = new Set<string>();
  const refuse = (property: string, description: string): void => {
    // One reason is enough: what has the wrong type is also missing.
    if (!refused.has(property))
      violations.add(index, `.properties[${JSON.stringify(property)}]`, description);
    refused.add(property);
  };
  for (const property of names) {
    if (property === '') refuse(property, 'the name of a property must not be empty');
    else if (isLongerThan(property, MOST_CHARACTERS_OF_PROPERTY))
      refuse(property, `the name of a property must be at most ${MOST_CHARACTERS_OF_PROPERTY} characters`);
    const value: unknown = sent[property];
    if (value === null) continue;
    const read = readValue(value);
    if (typeof read === 'string') refuse(property, read);
    else properties.set(storedName(property.toWellFormed()), read);
  }
  for (const { property, description } of wellKnownDefects(name, (key) => plainValue(sent, key)))
    refuse(property, description);
  return properties;
}

/** The value, or what is wrong with it. */
function readValue(value: unknown): PropertyValue | string {
  switch (typeof value) {
    case 'string':
      return refuseValueText(value) ?? { type: 'string', value: value.toWellFormed() };
    case 'number':
      return Number.isFinite(value) ? { type: 'double', value } : 'must be finite';
    case 'boolean':
      return { type: 'boolean', value };
    default:
      return 'must be a string, number or boolean';
  }
}

/** Undefined for what is refused in any case. */
function plainValue(sent: Properties, key: string): string | number | boolean | undefined {
  const value = Object.hasOwn(sent, key) ? sent[key] : undefined;
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    default:
      return undefined;
  }
}
