import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { pathToString } from '@bufbuild/protobuf/reflect';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { createValidator } from '@bufbuild/protovalidate';
import {
  type BatchCreateRequest,
  BatchCreateRequestSchema,
  type EventSchema,
} from '@dovecote/contract/events/v1/events_pb';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { AppError, type FieldViolation } from '../../../platform/errors/index.js';
import { draftsOfDocumented } from './documented-event.mapper.js';
import type { EventDraft } from './event-draft.js';

type EventInit = MessageInitShape<typeof EventSchema>;

const now = new Date('2026-11-30T12:00:00.500Z');
const day = 86_400_000;

function batch(...events: EventInit[]): BatchCreateRequest {
  return create(BatchCreateRequestSchema, { events });
}

function draftOf(event: EventInit): EventDraft {
  const [draft] = draftsOfDocumented(batch(event), now);
  if (!draft) throw new Error('no draft');
  return draft;
}

function violationsOf(request: BatchCreateRequest): FieldViolation[] {
  try {
    draftsOfDocumented(request, now);
    return [];
  } catch (error) {
    if (error instanceof AppError) return error.details.violations ?? [];
    throw error;
  }
}

const validator = createValidator();

function violationsOfProto(request: BatchCreateRequest): FieldViolation[] {
  const result = validator.validate(BatchCreateRequestSchema, request);
  if (result.kind === 'error') throw result.error;
  return (result.violations ?? []).map(({ field, message }) => ({
    field: pathToString(field),
    description: message,
  }));
}

const at = (ms: number) => timestampFromDate(new Date(ms));

describe('a batch with', () => {
  test.each<[string, EventInit]>([
    ['an event without a name', {}],
    ['a long name', { name: 'n'.repeat(201) }],
    ['a long session id', { name: 'n', sessionId: 's'.repeat(129) }],
    ['a long distinct id', { name: 'n', distinctId: 'd'.repeat(256) }],
    ['a long event id', { name: 'n', eventId: 'e'.repeat(65) }],
    ['several at once', { name: '', distinctId: 'd'.repeat(256), eventId: 'e'.repeat(65) }],
  ])('%s is refused as its proto says', (_, event) => {
    const violations = violationsOf(batch({ name: 'sound' }, event));
    expect(violations).not.toEqual([]);
    expect(violations).toEqual(violationsOfProto(batch({ name: 'sound' }, event)));
  });

  test.each([
    ['no events', batch()],
    ['1001 events', batch(...Array.from({ length: 1001 }, () => ({ name: 'n' })))],
  ])('%s is refused as its proto says', (_, request) => {
    expect(violationsOf(request)).toEqual(violationsOfProto(request));
  });

  test.each<[string, EventInit, string, string]>([
    [
      'a list',
      { name: 'n', properties: { k: [1] } },
      '.properties["k"]',
      'must be a string, number or boolean',
    ],
    [
      'an object',
      { name: 'n', properties: { k: {} } },
      '.properties["k"]',
      'must be a string, number or boolean',
    ],
    [
      'a list where text is expected',
      { name: 'search', properties: { query: ['a'] } },
      '.properties["query"]',
      'must be a string, number or boolean',
    ],
    ['NaN', { name: 'n', properties: { k: NaN } }, '.properties["k"]', 'must be finite'],
    ['infinity', { name: 'n', properties: { k: Infinity } }, '.properties["k"]', 'must be finite'],
    [
      'a long text',
      { name: 'n', properties: { k: 'x'.repeat(1025) } },
      '.properties["k"]',
      'must be at most 1024 characters',
    ],
    [
      'a quote in a name',
      { name: 'n', properties: { 'a"b': [] } },
      '.properties["a\\"b"]',
      'must be a string, number or boolean',
    ],
    [
      'a property without a name',
      { name: 'n', properties: { '': 1 } },
      '.properties[""]',
      'the name of a property must not be empty',
    ],
    [
      'a property with a long name',
      { name: 'n', properties: { ['k'.repeat(129)]: 1 } },
      `.properties["${'k'.repeat(129)}"]`,
      'the name of a property must be at most 128 characters',
    ],
    [
      'a well-known event of another type',
      { name: 'purchase', properties: { revenue: '29.99' } },
      '.properties["revenue"]',
      'must be a number',
    ],
    [
      'a well-known event that lacks something',
      { name: 'add_to_cart' },
      '.properties["product_id"]',
      'value is required',
    ],
    [
      'a time more than a day ahead',
      { name: 'n', timestamp: at(now.getTime() + day + 1) },
      '.timestamp',
      'must be at most one day ahead of the server’s time',
    ],
    [
      'a time that does not exist',
      { name: 'n', timestamp: { seconds: 253_402_300_800n } },
      '.timestamp',
      'must be a time that exists, from year 1 to 9999',
    ],
    [
      'a reserved distinct id',
      { name: 'n', distinctId: 'cookieless-abc' },
      '.distinct_id',
      'must not begin with cookieless-',
    ],
    ['NUL in an id', { name: 'n', eventId: 'a\0' }, '.event_id', 'must not contain NUL characters'],
  ])('%s is refused', (_, event, path, description) => {
    expect(violationsOf(batch({ name: 'sound' }, event))).toEqual([
      { field: `events[1]${path}`, description },
    ]);
  });

  test('10,000 properties is refused', () => {
    const properties = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, 1]));
    expect(violationsOf(batch({ name: 'n', properties }))).toEqual([
      { field: 'events[0].properties', description: 'must contain no more than 256 properties' },
    ]);
  });

  test('many violations names them all, in order', () => {
    const request = batch(
      { name: '', properties: { a: [], b: 1, c: {} } },
      { name: 'purchase', properties: { revenue: true, amount: -1 } },
    );
    expect(violationsOf(request).map(({ field }) => field)).toEqual([
      'events[0].name',
      'events[0].properties["a"]',
      'events[0].properties["c"]',
      'events[1].properties["amount"]',
      'events[1].properties["revenue"]',
    ]);
  });
});

describe('an event', () => {
  test('of the sample of the documentation is accepted, at the time of the call', () => {
    expect(
      draftOf({ name: 'page_view', properties: { path: '/home' }, timestamp: { seconds: 0n, nanos: 0 } }),
    ).toEqual({
      eventId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      kind: 'page_view',
      occurTime: now.getTime(),
      distinctId: '',
      sessionId: '',
      cookieless: false,
      bot: false,
      properties: new Map([['path', { type: 'string', value: '/home' }]]),
    });
  });

  test.each<[string, EventInit, Partial<EventDraft>]>([
    ['without a time', { name: 'n' }, { occurTime: now.getTime() }],
    ['of long ago', { name: 'n', timestamp: at(1) }, { occurTime: 1 }],
    ['a day ahead', { name: 'n', timestamp: at(now.getTime() + day) }, { occurTime: now.getTime() + day }],
    ['with an event id', { name: 'n', eventId: 'Order-7' }, { eventId: 'Order-7' }],
    [
      'with a person and a session',
      { name: 'n', distinctId: 'u1', sessionId: 's1' },
      { distinctId: 'u1', sessionId: 's1' },
    ],
    ['with a session only', { name: 'n', sessionId: 's1' }, { distinctId: 'session:s1', sessionId: 's1' }],
    ['of any name', { name: 'Order completed 🎉' }, { kind: 'Order completed 🎉' }],
  ])('%s is accepted', (_, event, expected) => {
    expect(draftOf(event)).toMatchObject(expected);
  });

  test('has its properties under their stored names, without null', () => {
    const properties = {
      plan: 'pro',
      price: 29.99,
      count: 2,
      premium: false,
      nothing: null,
      '$geo.country': 'DE',
      $utm_source: 'google',
      $title: 'Home',
      $screen: '1920x1080',
      $browser: 'Chrome',
    };
    expect(Object.fromEntries(draftOf({ name: 'n', properties }).properties)).toEqual({
      plan: { type: 'string', value: 'pro' },
      price: { type: 'double', value: 29.99 },
      count: { type: 'double', value: 2 },
      premium: { type: 'boolean', value: false },
      $country: { type: 'string', value: 'DE' },
      $utmSource: { type: 'string', value: 'google' },
      $pageTitle: { type: 'string', value: 'Home' },
      $screenSize: { type: 'string', value: '1920x1080' },
      $browser: { type: 'string', value: 'Chrome' },
    });
  });

  test('has properties of any name', () => {
    const properties = JSON.parse('{ "__proto__": 1, "constructor": 2, "b\\ud800": "\\udc00" }');
    expect([...draftOf({ name: 'n', properties }).properties]).toEqual([
      ['__proto__', { type: 'double', value: 1 }],
      ['constructor', { type: 'double', value: 2 }],
      ['b\ufffd', { type: 'string', value: '\ufffd' }],
    ]);
  });

  test('of any JSON is accepted or refused without another error', () => {
    fc.assert(
      fc.property(fc.string(), fc.dictionary(fc.string(), fc.jsonValue()), (name, properties) => {
        const request = batch({ name });
        const [event] = request.events;
        if (event) event.properties = properties as never;
        expect(Array.isArray(violationsOf(request))).toBe(true);
      }),
    );
  });
});
