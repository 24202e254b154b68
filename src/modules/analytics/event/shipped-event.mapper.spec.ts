import {
  create,
  fromBinary,
  fromJson,
  type JsonValue,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf';
import { pathToString } from '@bufbuild/protobuf/reflect';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { createValidator } from '@bufbuild/protovalidate';
import {
  type BatchCreateRequest,
  BatchCreateRequestSchema,
  type EventSchema,
} from '@dovecote/contract/sdk/events/v1/events_pb';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AppError, type FieldViolation } from '../../../platform/errors/index.js';
import { draftsOfShipped } from './shipped-event.mapper.js';

type EventInit = MessageInitShape<typeof EventSchema>;

const id = '0190f0a0-0000-4000-8000-000012345678';
const sound: EventInit = {
  eventId: id,
  kind: 'page_view',
  distinctId: 'anon-1',
  sessionId: '0190f0a0-0000-4000-8000-0000000000AB',
  occurTime: timestampFromDate(new Date('2026-11-30T12:00:00.123Z')),
};

const soundJson = JSON.stringify({
  eventId: id,
  kind: 'k',
  distinctId: 'a',
  sessionId: id,
  occurTime: '2026-11-30T12:00:00Z',
});

function batch(...events: EventInit[]): BatchCreateRequest {
  return create(BatchCreateRequestSchema, { events });
}

function errorOf(request: BatchCreateRequest): AppError | undefined {
  try {
    draftsOfShipped(request);
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

function violationsOf(request: BatchCreateRequest): FieldViolation[] {
  return errorOf(request)?.details.violations ?? [];
}

const validator = createValidator();

/** What the rules of the proto say. */
function violationsOfProto(request: BatchCreateRequest): FieldViolation[] {
  const result = validator.validate(BatchCreateRequestSchema, request);
  if (result.kind === 'error') throw result.error;
  return (result.violations ?? []).map(({ field, message }) => ({
    field: pathToString(field),
    description: message,
  }));
}

const value = (text: string) => ({ value: { case: 'stringValue' as const, value: text } });

/** By what is wrong, an event and the violations; the same as the proto's unless a third says otherwise. */
const wrong: [string, EventInit, [string, string][]][] = [
  [
    'nothing but the event',
    {},
    [
      ['events[0].event_id', 'value is required'],
      ['events[0].kind', 'value is required'],
      ['events[0].occur_time', 'value is required'],
      ['events[0]', 'distinct_id and session_id are required unless the event is cookieless'],
    ],
  ],
  [
    'an empty event id',
    { ...sound, eventId: '' },
    [['events[0].event_id', 'value is empty, which is not a valid UUID']],
  ],
  [
    'an event id of another form',
    { ...sound, eventId: 'abc' },
    [['events[0].event_id', 'must be a valid UUID']],
  ],
  [
    'an event id in braces',
    { ...sound, eventId: `{${id.slice(2)}}` },
    [['events[0].event_id', 'must be a valid UUID']],
  ],
  [
    'an empty kind',
    { ...sound, kind: '' },
    [['events[0].kind', 'does not match regex pattern `^[a-zA-Z0-9_.-]+$`']],
  ],
  [
    'a kind with a space',
    { ...sound, kind: 'page view' },
    [['events[0].kind', 'does not match regex pattern `^[a-zA-Z0-9_.-]+$`']],
  ],
  [
    'a session id of another form',
    { ...sound, sessionId: 's1' },
    [['events[0].session_id', 'must be a valid UUID']],
  ],
  [
    'an empty session id',
    { ...sound, sessionId: '' },
    [
      ['events[0].session_id', 'value is empty, which is not a valid UUID'],
      ['events[0]', 'distinct_id and session_id are required unless the event is cookieless'],
    ],
  ],
  [
    'no distinct id',
    { ...sound, distinctId: '' },
    [['events[0]', 'distinct_id and session_id are required unless the event is cookieless']],
  ],
  [
    'a cookieless event with an id',
    { ...sound, cookieless: true },
    [['', 'a cookieless event must have neither distinct_id nor session_id']],
  ],
  [
    'a reserved distinct id',
    { ...sound, distinctId: 'cookieless-x' },
    [['', 'distinct_id must not begin with cookieless-']],
  ],
  [
    'an automatic property without $',
    { ...sound, autoProperties: { url: value('x') } },
    [['events[0]', 'names of auto_properties must begin with $']],
  ],
  [
    'an own property with $',
    { ...sound, customProperties: { $url: value('x') } },
    [['events[0]', 'names of custom_properties must not begin with $']],
  ],
  [
    'a property without a value',
    { ...sound, customProperties: { a: {} } },
    [['events[0].custom_properties["a"].value', 'exactly one field is required in oneof']],
  ],
  [
    'a long text',
    { ...sound, customProperties: { a: value('é'.repeat(1025)) } },
    [['events[0].custom_properties["a"].string_value', 'must be at most 1024 characters']],
  ],
  [
    'NaN',
    { ...sound, customProperties: { a: { value: { case: 'doubleValue', value: NaN } } } },
    [['events[0].custom_properties["a"].double_value', 'must be finite']],
  ],
  [
    'infinity',
    { ...sound, autoProperties: { $a: { value: { case: 'doubleValue', value: -Infinity } } } },
    [['events[0].auto_properties["$a"].double_value', 'must be finite']],
  ],
];

describe('a batch with', () => {
  test.each(wrong)('%s is refused', (_, event, expected) => {
    const violations = violationsOf(batch(event));
    expect(violations).toEqual(expected.map(([field, description]) => ({ field, description })));
    const byField = (all: FieldViolation[]) => all.map((each) => `${each.field}: ${each.description}`).sort();
    expect(byField(violations)).toEqual(byField(violationsOfProto(batch(event))));
  });

  test.each<[string, EventInit, string]>([
    ['a long kind', { ...sound, kind: 'k'.repeat(201) }, 'events[0].kind'],
    ['a long distinct id', { ...sound, distinctId: 'x'.repeat(1025) }, 'events[0].distinct_id'],
    ['NUL in the distinct id', { ...sound, distinctId: 'a\0b' }, 'events[0].distinct_id'],
    ['a time before year 1', { ...sound, occurTime: { seconds: -62_135_596_801n } }, 'events[0].occur_time'],
    ['a time after 9999', { ...sound, occurTime: { seconds: 253_402_300_800n } }, 'events[0].occur_time'],
    ['negative nanoseconds', { ...sound, occurTime: { seconds: 1n, nanos: -1 } }, 'events[0].occur_time'],
    [
      'a property of no time',
      {
        ...sound,
        customProperties: { a: { value: { case: 'timestampValue', value: { seconds: 253_402_300_800n } } } },
      },
      'events[0].custom_properties["a"].timestamp_value',
    ],
  ])('%s is refused', (_, event, field) => {
    expect(violationsOf(batch(event)).map((violation) => violation.field)).toEqual([field]);
  });

  test('1001 events is refused', () => {
    const request = batch(...Array.from({ length: 1001 }, () => sound));
    expect(violationsOf(request)).toEqual(violationsOfProto(request));
  });

  test('an event id that occurs twice is refused by index and id', () => {
    const error = errorOf(
      batch(sound, { ...sound, eventId: id.replace('1', '2') }, { ...sound, eventId: id.toUpperCase() }),
    );
    expect(error?.reason).toBe('INVALID_EVENT_BATCH');
    expect(error?.message).toContain(`events[2] repeats the event_id ${id}`);
  });

  test('many violations names them all', () => {
    const violations = violationsOf(batch(...Array.from({ length: 1000 }, () => ({}))));
    expect(violations.length).toBeGreaterThan(100);
  });
});

describe('the verdict', () => {
  const text = fc.oneof(fc.constantFrom('', id, 'page_view', 'cookieless-1', 'anon-1', ' '), fc.string());
  const wireValue = fc.oneof(
    fc.constant({}),
    text.map(value),
    fc.double().map((number) => ({ value: { case: 'doubleValue' as const, value: number } })),
    fc.boolean().map((flag) => ({ value: { case: 'boolValue' as const, value: flag } })),
  );
  const properties = (name: fc.Arbitrary<string>) =>
    fc.dictionary(
      name.filter((key) => key !== '__proto__'),
      wireValue,
      { maxKeys: 3 },
    );
  const event: fc.Arbitrary<EventInit> = fc
    .record(
      {
        eventId: text,
        kind: text,
        distinctId: text,
        sessionId: text,
        cookieless: fc.boolean(),
        autoProperties: properties(fc.oneof(fc.constantFrom('$url', '$os'), fc.string())),
        customProperties: properties(fc.oneof(fc.constantFrom('plan', 'price'), fc.string())),
      },
      { requiredKeys: [] },
    )
    .map((fields) => ({ ...sound, ...fields }));

  test('is that of the proto', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 3 }), (events) => {
        // Repeated ids are no matter of the proto.
        const request = batch(
          ...events.map((each, index) =>
            each.eventId === id ? { ...each, eventId: id.replace('1', String(index)) } : each,
          ),
        );
        const fields = (all: FieldViolation[]) => [...new Set(all.map(({ field }) => field))].sort();
        fc.pre(!events.some(({ distinctId }) => distinctId?.includes('\0')));
        const found = fields(violationsOf(request));
        const expected = fields(violationsOfProto(request));
        // An answer carries a limited number of bytes.
        expect(found.length === 0).toBe(expected.length === 0);
        if (expected.length < 8) expect(found).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the events of a sound batch', () => {
  test('are in its order, with ids in lowercase and typed properties by name', () => {
    const request = batch({
      ...sound,
      eventId: id.toUpperCase(),
      autoProperties: { $url: value('https://example.com/') },
      customProperties: {
        plan: value('pro'),
        price: { value: { case: 'doubleValue', value: -0 } },
        quantity: { value: { case: 'intValue', value: 2n } },
        premium: { value: { case: 'boolValue', value: false } },
        due: { value: { case: 'timestampValue', value: { seconds: 1n, nanos: 999_999 } } },
      },
    });
    expect(draftsOfShipped(request)).toEqual([
      {
        eventId: id,
        kind: 'page_view',
        occurTime: Date.parse('2026-11-30T12:00:00.123Z'),
        distinctId: 'anon-1',
        sessionId: '0190f0a0-0000-4000-8000-0000000000ab',
        cookieless: false,
        bot: false,
        properties: new Map<string, unknown>([
          ['$url', { type: 'string', value: 'https://example.com/' }],
          ['plan', { type: 'string', value: 'pro' }],
          ['price', { type: 'double', value: -0 }],
          ['quantity', { type: 'integer', value: 2n }],
          ['premium', { type: 'boolean', value: false }],
          ['due', { type: 'timestamp', value: new Date(1000) }],
        ]),
      },
    ]);
  });

  test('may be none, or cookieless', () => {
    expect(draftsOfShipped(batch())).toEqual([]);
    const [draft] = draftsOfShipped(
      batch({ ...sound, sessionId: undefined, distinctId: undefined, cookieless: true }),
    );
    expect(draft).toMatchObject({ cookieless: true, distinctId: '', sessionId: '' });
  });

  test('may have 10,000 properties and texts of 1,024 characters of any plane', () => {
    const customProperties = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [
        `property ${index}`,
        value('\u{1F426}'.repeat(index === 0 ? 1024 : 1)),
      ]),
    );
    const [draft] = draftsOfShipped(batch({ ...sound, customProperties }));
    expect(draft?.properties.size).toBe(10_000);
  });

  test('hold no halves of characters', () => {
    const [draft] = draftsOfShipped(
      batch({ ...sound, distinctId: 'a\ud800', customProperties: { 'b\udc00': value('c\ud800') } }),
    );
    expect(draft?.distinctId).toBe('a\ufffd');
    expect([...(draft?.properties ?? [])]).toEqual([['b\ufffd', { type: 'string', value: 'c\ufffd' }]]);
  });

  test('have properties of any name', () => {
    const json = JSON.stringify({
      events: [
        {
          ...JSON.parse(soundJson),
          customProperties: { placeholder: { stringValue: 'x' }, constructor: { stringValue: 'y' } },
        },
      ],
    });
    const request = fromJson(
      BatchCreateRequestSchema,
      JSON.parse(json.replace('placeholder', '__proto__')) as JsonValue,
    );
    const [draft] = draftsOfShipped(
      fromBinary(BatchCreateRequestSchema, toBinary(BatchCreateRequestSchema, request)),
    );
    expect([...(draft?.properties ?? [])]).toEqual([
      ['__proto__', { type: 'string', value: 'x' }],
      ['constructor', { type: 'string', value: 'y' }],
    ]);
  });
});
