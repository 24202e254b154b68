import { readdirSync } from 'node:fs';
import { type DescField, type DescFile, type DescMessage, getOption, ScalarType } from '@bufbuild/protobuf';
import { field as fieldRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { describe, expect, test } from '@jest/globals';
import { kind as kindOption } from '@dovecote/contract/common/events/v1/options_pb';
import { wellKnownEvents } from './well-known-events.js';
import { wellKnownDefects } from './well-known.rules.js';

type Value = string | number | boolean | null;

function defects(kind: string, properties: Record<string, Value>): [string, string][] {
  const values = new Map(Object.entries(properties));
  return wellKnownDefects(kind, (name) => values.get(name)).map(({ property, description }) => [
    property,
    description,
  ]);
}

describe('the properties of a well-known event', () => {
  test.each<[string, Record<string, Value>, [string, string][]]>([
    ['purchase', { revenue: '29.99' }, [['revenue', 'must be a number']]],
    ['purchase', { currency: 'usd' }, [['currency', 'does not match regex pattern `^[A-Z]{3}$`']]],
    ['purchase', { amount: 0 }, [['amount', 'must be greater than 0']]],
    ['purchase', { order_id: 7 }, [['order_id', 'must be a string']]],
    ['purchase', { quantity: 1.5 }, [['quantity', 'must be an integer']]],
    ['purchase', { quantity: -1 }, [['quantity', 'must be greater than or equal to 0']]],
    ['add_to_cart', {}, [['product_id', 'value is required']]],
    ['add_to_cart', { product_id: null }, [['product_id', 'value is required']]],
    ['add_to_cart', { product_id: '' }, [['product_id', 'value is required']]],
    ['add_to_cart', { product_id: 'p', quantity: '2' }, [['quantity', 'must be a number']]],
    ['search', {}, [['query', 'value is required']]],
    ['feature_used', { is_premium: 'true' }, [['is_premium', 'must be a boolean']]],
    ['nps_submitted', { score: 11 }, [['score', 'must be less than or equal to 10']]],
    ['rage_click', { click_count: 1 }, [['click_count', 'must be greater than or equal to 2']]],
    ['scroll', { percent: 101 }, [['percent', 'must be less than or equal to 100']]],
    [
      'video_play',
      { video_id: 'v', position: -1 },
      [['position', 'must be a number of seconds from 0, or a text such as 12.5s']],
    ],
    [
      'video_play',
      { video_id: 'v', position: '12.5' },
      [['position', 'must be a number of seconds from 0, or a text such as 12.5s']],
    ],
    [
      'video_play',
      { video_id: 'v', position: true },
      [['position', 'must be a number of seconds from 0, or a text such as 12.5s']],
    ],
    [
      'chat_member_role_changed',
      { conversation_id: 1 },
      [
        ['conversation_id', 'must be a string'],
        ['member_id', 'value is required'],
        ['new_role', 'value is required'],
      ],
    ],
  ])('of %s %j are refused', (kind, properties, expected) => {
    expect(defects(kind, properties)).toEqual(expected);
  });

  test.each<[string, Record<string, Value>]>([
    ['purchase', { revenue: 29.99, currency: 'USD', order_id: 'ord_1' }],
    ['purchase', { amount: 10, productId: 'p', anything: true }],
    ['page_view', { path: '/home', title: 'Home' }],
    ['signup', { method: 'google' }],
    ['login', { method: 'email' }],
    ['feature_used', { is_premium: true }],
    ['product_viewed', { product_id: 'p', price: 5 }],
    ['add_to_cart', { product_id: 'p', quantity: 2 }],
    ['search', { query: 'shoes' }],
    ['video_play', { video_id: 'v', position: '12.5s' }],
    ['video_play', { video_id: 'v', position: 0 }],
    ['signup_started', { method: 1 }],
    ['constructor', { name: 1 }],
    ['__proto__', {}],
    ['', {}],
  ])('of %s %j are accepted', (kind, properties) => {
    expect(defects(kind, properties)).toEqual([]);
  });
});

/** The shapes for SDKs, by kind. */
async function shapesOfProtos(): Promise<Map<string, DescMessage>> {
  const folder = new URL('../../../../libs/contract/gen/common/events/v1/', import.meta.url);
  const shapes = new Map<string, DescMessage>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('_events_pb.js'))) {
    const generated: Record<string, unknown> = await import(new URL(name, folder).href);
    const file = Object.values(generated).find((value) => (value as DescFile).kind === 'file') as DescFile;
    for (const message of file.messages) shapes.set(getOption(message, kindOption), message);
  }
  return shapes;
}

/** In the words of the registry. */
function shapeOf(field: DescField): object {
  const { required: isRequired, type } = getOption(field, fieldRules);
  const rules = type.value as
    | { pattern?: string; greaterThan?: { case?: string; value?: unknown }; lessThan?: { value?: unknown } }
    | undefined;
  if (field.message) return { isRequired, type: 'duration' };
  if (field.scalar === ScalarType.BOOL) return { isRequired, type: 'boolean' };
  if (field.scalar === ScalarType.STRING)
    return { isRequired, type: 'string', ...(rules?.pattern ? { pattern: new RegExp(rules.pattern) } : {}) };
  return {
    isRequired,
    type: field.scalar === ScalarType.DOUBLE ? 'number' : 'integer',
    ...(rules?.greaterThan?.case ? { least: Number(rules.greaterThan.value) } : {}),
    ...(rules?.greaterThan?.case === 'gt' ? { isOpen: true } : {}),
    ...(rules?.lessThan?.value === undefined ? {} : { most: Number(rules.lessThan.value) }),
  };
}

describe('the registry', () => {
  test('is that of the protos, with what the documentation adds', async () => {
    const documented: Record<string, object> = {
      purchase: { revenue: { type: 'number', isRequired: false } },
      signup: { method: { type: 'string', isRequired: false } },
      page_view: {
        path: { type: 'string', isRequired: false },
        title: { type: 'string', isRequired: false },
      },
      feature_used: {
        is_premium: { type: 'boolean', isRequired: false },
        feature_id: { type: 'string', isRequired: false },
      },
    };
    const expected: Record<string, object> = { login: { method: { type: 'string', isRequired: false } } };
    for (const [kind, message] of await shapesOfProtos()) {
      const shape = Object.fromEntries(message.fields.map((field) => [field.name, shapeOf(field)]));
      expected[kind] = { ...shape, ...documented[kind] };
    }
    expect(Object.keys(expected)).toHaveLength(128);
    expect(wellKnownEvents).toEqual(expected);
  });
});
