import type { PropertyValue as WireValue } from '@dovecote/contract/common/v1/property_value_pb';
import type { BatchCreateRequest, Event } from '@dovecote/contract/sdk/events/v1/events_pb';
import { AppError, type FieldViolation, invalidArgument } from '../../../platform/errors/index.js';
import type { EventDraft } from './event-draft.js';
import type { PropertyValue } from './event-record.js';
import {
  cookielessPrefix,
  isUuid,
  millisecondsOf,
  refuseIdText,
  refuseTime,
  refuseValueText,
} from './event-values.rules.js';
import { EventViolations } from './event-violations.js';

const MOST_EVENTS = 1_000;
const MOST_CHARACTERS_OF_KIND = 200;
const MOST_CHARACTERS_OF_ID = 1_024;
const kindPattern = /^[a-zA-Z0-9_.-]+$/;

/**
 * The events of a message of `sdk.events.v1`. Holds it against all rules of its proto, because the general validation takes
 * 150 µs for an event; the spec compares the two.
 * @throws AppError INVALID_ARGUMENT with every violation, or INVALID_EVENT_BATCH for an event id that occurs twice.
 */
export function draftsOfShipped({ events }: BatchCreateRequest): EventDraft[] {
  if (events.length > MOST_EVENTS)
    throw invalidArgument([
      { field: 'events', description: `must contain no more than ${MOST_EVENTS} item(s)` },
    ]);
  const violations = new EventViolations();
  const drafts: EventDraft[] = [];
  for (const [index, event] of events.entries()) {
    refuseFields(event, index, violations);
    const properties = new Map<string, PropertyValue>();
    readProperties(event.autoProperties, true, properties, index, violations);
    readProperties(event.customProperties, false, properties, index, violations);
    if (violations.isFull) break;
    drafts.push(draftOf(event, properties));
  }
  const found = [...batchViolations(events), ...violations.found];
  if (found.length > 0) throw invalidArgument(found);
  refuseRepeated(drafts);
  return drafts;
}

function draftOf(event: Event, properties: Map<string, PropertyValue>): EventDraft {
  return {
    eventId: event.eventId.toLowerCase(),
    kind: event.kind,
    occurTime: event.occurTime ? millisecondsOf(event.occurTime) : 0,
    distinctId: event.distinctId.toWellFormed(),
    sessionId: event.sessionId.toLowerCase(),
    cookieless: event.cookieless,
    bot: false,
    properties,
  };
}

/** A field that was sent empty is there, in this contract: it breaks other rules, or none. */
function isSent(event: Event, field: keyof Event): boolean {
  return Object.hasOwn(event, field);
}

function refuseFields(event: Event, index: number, violations: EventViolations): void {
  const refuse = (path: string, description: string | undefined): void => {
    if (description !== undefined) violations.add(index, path, description);
  };
  if (!isSent(event, 'eventId')) refuse('.event_id', 'value is required');
  else if (!isUuid(event.eventId)) refuse('.event_id', notUuid(event.eventId));
  if (!isSent(event, 'kind')) refuse('.kind', 'value is required');
  else if (!kindPattern.test(event.kind))
    refuse('.kind', `does not match regex pattern \`${kindPattern.source}\``);
  else refuse('.kind', refuseIdText(event.kind, MOST_CHARACTERS_OF_KIND));
  refuse('.occur_time', event.occurTime ? refuseTime(event.occurTime) : 'value is required');
  if (isSent(event, 'sessionId') && !isUuid(event.sessionId)) refuse('.session_id', notUuid(event.sessionId));
  refuse('.distinct_id', refuseIdText(event.distinctId, MOST_CHARACTERS_OF_ID));
  if (!event.cookieless && (event.distinctId === '' || event.sessionId === ''))
    refuse('', 'distinct_id and session_id are required unless the event is cookieless');
}

function notUuid(text: string): string {
  return text === '' ? 'value is empty, which is not a valid UUID' : 'must be a valid UUID';
}

function readProperties(
  sent: Readonly<Record<string, WireValue>>,
  isAutomatic: boolean,
  into: Map<string, PropertyValue>,
  index: number,
  violations: EventViolations,
): void {
  const field = isAutomatic ? 'auto_properties' : 'custom_properties';
  for (const name of Object.keys(sent)) {
    const value = sent[name];
    if (value === undefined) continue;
    if (name.startsWith('$') !== isAutomatic)
      violations.add(index, '', `names of ${field} must${isAutomatic ? '' : ' not'} begin with $`);
    const read = readValue(value);
    if ('type' in read) into.set(name.toWellFormed(), read);
    else violations.add(index, `.${field}[${JSON.stringify(name)}]${read.path}`, read.description);
    if (violations.isFull) return;
  }
}

function readValue({ value }: WireValue): PropertyValue | { path: string; description: string } {
  switch (value.case) {
    case 'stringValue': {
      const description = refuseValueText(value.value);
      if (description !== undefined) return { path: '.string_value', description };
      return { type: 'string', value: value.value.toWellFormed() };
    }
    case 'intValue':
      return { type: 'integer', value: value.value };
    case 'doubleValue':
      if (!Number.isFinite(value.value)) return { path: '.double_value', description: 'must be finite' };
      return { type: 'double', value: value.value };
    case 'boolValue':
      return { type: 'boolean', value: value.value };
    case 'timestampValue': {
      const description = refuseTime(value.value);
      if (description !== undefined) return { path: '.timestamp_value', description };
      return { type: 'timestamp', value: new Date(millisecondsOf(value.value)) };
    }
    case undefined:
      return { path: '.value', description: 'exactly one field is required in oneof' };
  }
}

function batchViolations(events: readonly Event[]): FieldViolation[] {
  const found: FieldViolation[] = [];
  if (events.some((event) => event.cookieless && (event.distinctId !== '' || event.sessionId !== '')))
    found.push({
      field: '',
      description: 'a cookieless event must have neither distinct_id nor session_id',
    });
  if (events.some(({ distinctId }) => distinctId.startsWith(cookielessPrefix)))
    found.push({ field: '', description: `distinct_id must not begin with ${cookielessPrefix}` });
  return found;
}

function refuseRepeated(drafts: readonly EventDraft[]): void {
  const ids = new Set<string>();
  for (const [index, { eventId }] of drafts.entries()) {
    if (ids.has(eventId))
      throw new AppError(
        'invalid_argument',
        'INVALID_EVENT_BATCH',
        `events[${index}] repeats the event_id ${eventId}; send each event once.`,
      );
    ids.add(eventId);
  }
}
