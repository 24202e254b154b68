import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeBody, readBody } from './batch-body.js';
import type { EventRecord, PropertyValue } from './event-record.js';
import type { EventRow, RowContext } from './event-row.js';
import { engineTime, propertiesOf, rowOf } from './event-row.rules.js';
import { promotedProperties, promotedProperty } from './property-names.js';

const context: RowContext = {
  project: 7,
  batchId: '0190f0a0-0000-7000-8000-000012345678',
  receivedAt: new Date('2026-11-30T12:00:00.001Z'),
  retentionDays: null,
};

function record(properties: Record<string, PropertyValue> = {}): EventRecord {
  return {
    eventId: 'e1',
    kind: 'page_view',
    occurTime: Date.parse('2026-11-29T23:59:59.999Z'),
    distinctId: 'anon-1',
    sessionId: '',
    cookieless: false,
    bot: false,
    properties: new Map(Object.entries(properties)),
  };
}

/** Through the queue and back. */
function queued(row: EventRow): EventRow | undefined {
  // The layout is that of events.
  return readBody({ id: context.batchId, ...context }, encodeBody([row]))[0] as unknown as EventRow;
}

const text = (value: string): PropertyValue => ({ type: 'string', value });
const integer = (value: number): PropertyValue => ({ type: 'integer', value: BigInt(value) });
const flag = (value: boolean): PropertyValue => ({ type: 'boolean', value });

describe('the row of an event', () => {
  test('has properties with a column there, and all others as text, number and type', () => {
    const properties = {
      $country: text('DE'),
      $browserVersion: text('120'),
      $bot_score: integer(30),
      $mobile: flag(false),
      $sdkVersion: text('1.2.0'),
      plan: text('pro'),
      price: { type: 'double', value: 29.99 } as const,
      quantity: integer(2),
      premium: flag(true),
      due: { type: 'timestamp', value: new Date(0) } as const,
    };
    expect(rowOf(record(properties), context)).toEqual({
      project: 7,
      kind: 'page_view',
      occur_time: '2026-11-29 23:59:59.999',
      distinct_id: 'anon-1',
      session_id: '',
      event_id: 'e1',
      received_at: '2026-11-30 12:00:00.001',
      batch_id: context.batchId,
      cookieless: false,
      bot: false,
      country: 'DE',
      browser_version: '120',
      bot_score: 30,
      mobile: false,
      properties: {
        $sdkVersion: '1.2.0',
        plan: 'pro',
        price: '29.99',
        quantity: '2',
        premium: 'true',
        due: '1970-01-01T00:00:00.000Z',
      },
      numbers: { $browserVersion: 120, $bot_score: 30, price: 29.99, quantity: 2 },
      types: { $bot_score: 1, $mobile: 3, price: 2, quantity: 1, premium: 3, due: 4 },
    });
  });

  test.each<[string, PropertyValue, string, unknown]>([
    ['$bot_score', integer(256), 'bot_score', undefined],
    ['$bot_score', integer(-1), 'bot_score', undefined],
    ['$bot_score', text('abc'), 'bot_score', undefined],
    ['$bot_score', { type: 'double', value: 1.5 }, 'bot_score', undefined],
    ['$bot_score', text('30'), 'bot_score', 30],
    ['$mobile', text('maybe'), 'mobile', undefined],
    ['$mobile', text('true'), 'mobile', true],
    ['$url', { type: 'timestamp', value: new Date(0) }, 'url', undefined],
    ['$url', integer(5), 'url', '5'],
    ['$url', flag(true), 'url', 'true'],
  ])('%s of %o: its column holds it, or else the map', (name, value, column, held) => {
    const row = rowOf(record({ [name]: value }), context);
    expect(row[column as keyof typeof row]).toBe(held);
    expect(Object.keys(row.properties)).toEqual(held === undefined ? [name] : []);
  });

  test.each(['__proto__', 'constructor', 'toString', '', ' ', '\ud800', 'a"b', 'x'.repeat(100_000)])(
    'takes the name %j like any other',
    (name) => {
      const row = queued(rowOf({ ...record(), properties: new Map([[name, integer(5)]]) }, context));
      expect(row && propertiesOf(row).custom).toEqual(new Map([[name, integer(5)]]));
      expect({}).not.toHaveProperty('5');
    },
  );

  test.each([
    [null, undefined],
    [1, '2026-11-30'],
    [30, '2026-12-29'],
    [100_000, '2149-06-06'],
  ])('of a project that keeps events for %p days expires on %p', (retentionDays, day) => {
    expect(rowOf(record(), { ...context, retentionDays }).expires_on).toBe(day);
  });
});

test.each([
  [0, '1970-01-01 00:00:00.000'],
  [1, '1970-01-01 00:00:00.001'],
  [1_798_761_600_000, '2027-01-01 00:00:00.000'],
])('%d ms are %s', (ms, time) => {
  expect(engineTime(ms)).toBe(time);
});

describe('what was stored', () => {
  const value: fc.Arbitrary<PropertyValue> = fc.oneof(
    fc.string({ unit: 'grapheme' }).map(text),
    fc
      .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
      .map((number) => ({ type: 'integer' as const, value: number })),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((number) => ({ type: 'double' as const, value: number + 0 })),
    fc.boolean().map(flag),
    fc
      .date({
        noInvalidDate: true,
        min: new Date('0001-01-01T00:00:00Z'),
        max: new Date('9999-12-31T00:00:00Z'),
      })
      .map((date) => ({ type: 'timestamp' as const, value: date })),
  );
  const name = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      ...promotedProperties.map(({ property }) => property),
      '$sdkVersion',
      '__proto__',
      'valueOf',
    ),
  );

  test('comes back as it was sent, columns apart', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
        const properties = new Map(pairs);
        const row = queued(rowOf({ ...record(), properties }, context));
        if (!row) throw new Error('no row');
        const { automatic, custom } = propertiesOf(row);
        for (const [key, sent] of properties) {
          const read = (key.startsWith('$') ? automatic : custom).get(key);
          if (promotedProperty(key) && !Object.hasOwn(row.properties, key))
            expect([undefined, String(sent.value)]).toContain(read?.value);
          else expect(read).toEqual(sent);
        }
        expect(automatic.size + custom.size).toBeLessThanOrEqual(properties.size);
      }),
    );
  });

  test('in a column comes back as a string, without false and empty ones', () => {
    const sent = {
      $mobile: flag(false),
      $verified_bot: flag(true),
      $bot_score: integer(0),
      $city: text(''),
      $os: text('iOS'),
      $platform: integer(3),
    };
    expect(Object.fromEntries(propertiesOf(rowOf(record(sent), context)).automatic)).toEqual({
      $verified_bot: text('true'),
      $bot_score: text('0'),
      $os: text('iOS'),
      $platform: text('3'),
    });
  });
});
