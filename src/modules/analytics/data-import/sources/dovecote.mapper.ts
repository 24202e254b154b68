import { isLongerThan, type PropertyValue, refuseIdText, valueOf } from '../../event/index.js';
import { type Imported, LineError } from '../imported.js';
import { type LineContext, refuseText } from '../line-context.js';
import { isObject, textAt, type Warn } from '../properties.js';
import { personOf } from './person.js';

const types = ['string', 'integer', 'double', 'boolean', 'timestamp'] as const;
type Type = (typeof types)[number];
const MOST_PROPERTIES = 1_000;

/** A line of an export of this product: an event as it was stored, a profile or an alias. */
export function ofDovecote(value: unknown, context: LineContext): Imported {
  if (!isObject(value)) throw new LineError('', 'is no object');
  switch (value['type']) {
    case 'event':
      return eventOf(value, context);
    case 'profile': {
      const id = textAt(value, 'id');
      // Events can be of the profile's former id.
      return personOf(textAt(value, 'externalId'), 'externalId', value['traits'], {
        links: id ? [id] : [],
        isAlias: true,
        isStored: true,
      });
    }
    case 'alias':
      return personOf(
        textAt(value, 'externalId'),
        'externalId',
        {},
        {
          links: [textAt(value, 'distinctId')].filter(Boolean),
          isAlias: value['certain'] === true,
        },
      );
    // An import is told by its own history.
    case 'propertyChange':
      return { type: 'skipped' };
    default:
      throw new LineError('type', 'must be event, profile, alias or propertyChange');
  }
}

/** A row of a Parquet file of this product as a line of NDJSON. */
export function lineOfRow(row: Record<string, unknown>): Record<string, unknown> {
  if (Object.hasOwn(row, 'event_id'))
    return {
      type: 'event',
      id: row['event_id'],
      kind: row['kind'],
      time: row['occur_time'],
      distinctId: row['distinct_id'],
      sessionId: row['session_id'],
      cookieless: row['cookieless'],
      bot: row['bot'],
      properties: row['properties'],
      types: row['types'],
    };
  if (Object.hasOwn(row, 'told_of')) return { type: 'propertyChange' };
  if (Object.hasOwn(row, 'traits'))
    return { type: 'profile', id: row['profile_id'], externalId: row['external_id'], traits: row['traits'] };
  return {
    type: 'alias',
    distinctId: row['distinct_id'],
    externalId: row['external_id'],
    profileId: row['profile_id'],
    certain: row['certain'],
  };
}

function eventOf(value: Record<string, unknown>, context: LineContext): Imported {
  const [id, kind, distinctId] = ['id', 'kind', 'distinctId'].map((name) => textAt(value, name)) as [
    string,
    string,
    string,
  ];
  if (id === '') throw new LineError('id', 'is missing');
  refuseText('id', id, 64);
  if (kind === '') throw new LineError('kind', 'is missing');
  refuseText('kind', kind, 200);
  refuseText('distinctId', distinctId, 1_024);
  const sessionId = textAt(value, 'sessionId');
  const wrong = refuseIdText(sessionId, 128);
  if (wrong !== undefined) throw new LineError('sessionId', wrong);
  return {
    type: 'event',
    event: {
      eventId: id,
      kind,
      occurTime: context.time(value['time'], 'time'),
      distinctId: distinctId.toWellFormed(),
      sessionId: sessionId.toWellFormed(),
      cookieless: value['cookieless'] === true,
      bot: value['bot'] === true,
      properties: propertiesOf(value, context.warn),
      isComplete: true,
    },
  };
}

function propertiesOf(value: Record<string, unknown>, warn: Warn): Map<string, PropertyValue> {
  const found = new Map<string, PropertyValue>();
  const given = isObject(value['types']) ? value['types'] : {};
  if (!isObject(value['properties'])) return found;
  for (const [name, each] of Object.entries(value['properties'])) {
    const field = `properties.${name}`;
    const property = propertyOf(each, Object.hasOwn(given, name) ? given[name] : undefined);
    if (!property) warn(field, 'is left out: it is of no known type');
    else if (property.type === 'string' && isLongerThan(property.value, 8_192))
      warn(field, 'is left out: it has more than 8192 characters');
    else if (name === '$ip' || name === '' || isLongerThan(name, 1_024)) warn(field, 'is left out');
    else if (found.size >= MOST_PROPERTIES) warn(field, `is left out: it is beyond ${MOST_PROPERTIES}`);
    else found.set(name.toWellFormed(), property);
  }
  return found;
}

function propertyOf(value: unknown, given: unknown): PropertyValue | undefined {
  if (typeof value === 'string') return valueOf(value.toWellFormed(), isType(given) ? given : 'string');
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (typeof value !== 'number') return undefined;
  if (given === 'double' || !Number.isSafeInteger(value)) return { type: 'double', value };
  return { type: 'integer', value: BigInt(value) };
}

function isType(given: unknown): given is Type {
  return types.some((type) => type === given);
}
