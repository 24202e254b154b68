import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';
import { describe, expect, test } from '@jest/globals';
import { FilterOperator, LogicalOperator } from '@dovecote/contract/common/v1/filters_pb';
import { PropertySource } from '@dovecote/contract/common/v1/filter_schema_pb';
import * as documented from '@dovecote/contract/insights/v1/insights_pb';
import * as shipped from '@dovecote/contract/shared/insights/v1/insights_pb';
import { toDocumentedSpec, toShippedSpec } from './spec-conversion.mapper.js';

type Documented = Exclude<MessageInitShape<typeof documented.InsightQuerySpecSchema>, { $typeName: string }>;
type Shipped = Exclude<MessageInitShape<typeof shipped.InsightQuerySpecSchema>, { $typeName: string }>;

const { TRENDS, SEGMENTATION, FUNNEL, RETENTION } = documented.InsightType;
const view = { name: 'page_view', filters: [] };
const country = { property: '$geo.country', operator: documented.Operator.IN, values: ['SE', 'NO'] };
const score = { property: '$botScore', operator: documented.Operator.LTE, value: '0.3' };

const both: [string, Documented][] = [
  ['trends', { insightType: TRENDS, events: [view, { name: 'buy', filters: [country, score] }] }],
  [
    'unique persons',
    { insightType: TRENDS, events: [view], aggregation: documented.Aggregation.UNIQUE_USERS },
  ],
  [
    'a sum with conditions and a breakdown',
    {
      insightType: TRENDS,
      events: [view],
      aggregation: documented.Aggregation.SUM,
      aggregationProperty: 'price',
      filters: [country, { property: 'plan', operator: documented.Operator.NOT_EQUALS, value: 'free' }],
      breakdown: { property: '$utm_source' },
    },
  ],
  [
    'one number',
    {
      insightType: SEGMENTATION,
      events: [view],
      aggregation: documented.Aggregation.AVERAGE,
      aggregationProperty: 'x',
    },
  ],
  [
    'a funnel',
    { insightType: FUNNEL, events: [view, { name: 'buy' }], conversionWindow: { seconds: 3600n } },
  ],
  ['retention', { insightType: RETENTION, events: [view, { name: 'buy' }] }],
];

describe('a question of the documented contract comes back from the shipped one', () => {
  test.each(both)('%s', (_, init) => {
    const spec = create(documented.InsightQuerySpecSchema, init);
    const back = toDocumentedSpec(toShippedSpec(spec));
    // An unset aggregation is written out on the way: to count.
    const isCounted = init.insightType === TRENDS || init.insightType === SEGMENTATION;
    const aggregation = init.aggregation ?? (isCounted ? documented.Aggregation.COUNT : 0);
    expect(back).toEqual(create(documented.InsightQuerySpecSchema, { ...init, aggregation }));
  });

  test.each(both)('and is one that the shipped contract allows: %s', (_, init) => {
    const spec = toShippedSpec(create(documented.InsightQuerySpecSchema, init));
    expect(createValidator().validate(shipped.InsightQuerySpecSchema, spec)).toMatchObject({ kind: 'valid' });
  });
});

test('several numbers are lines in the shipped contract', () => {
  const spec = create(documented.InsightQuerySpecSchema, { insightType: SEGMENTATION, events: [view, view] });
  expect(toShippedSpec(spec).insightType).toBe(shipped.InsightType.TRENDS);
});

describe('the documented contract cannot say', () => {
  const event = { event: { kind: 'a' } };
  const trends = { insightType: shipped.InsightType.TRENDS, events: [event] };
  const filter = { property: 'plan', operator: FilterOperator.EQUALS, value: 'pro' };
  const aggregated = (aggregation: shipped.AggregationType) => ({ ...event, aggregation });
  test.each<[string, Shipped]>([
    ['any event', { ...trends, events: [{ event: {} }] }],
    ['no event', { ...trends, events: [] }],
    ['several numbers of one event', { ...trends, events: [aggregated(1), aggregated(2)] }],
    ['a minimum', { ...trends, events: [aggregated(shipped.AggregationType.MIN)] }],
    [
      'one number of several events',
      { insightType: shipped.InsightType.SEGMENTATION, events: [event, event] },
    ],
    ['a funnel of one step', { insightType: shipped.InsightType.FUNNEL, events: [event] }],
    ['sessions', { insightType: shipped.InsightType.TRENDS, session: { metric: 1 } }],
    ['a user flow', { insightType: shipped.InsightType.USER_FLOW, userFlow: {} }],
    ['a ranking', { insightType: shipped.InsightType.TOP_K, topK: { dimension: 2 } }],
    ['a map', { insightType: shipped.InsightType.MAP, map: {} }],
    ['bots', { ...trends, includeBots: true }],
    ['visitors without cookies', { ...trends, includeCookieless: true }],
    ['two breakdowns', { ...trends, breakdowns: [{ property: 'a' }, { property: 'b' }] }],
    ['another limit', { ...trends, breakdowns: [{ property: 'a' }], breakdownLimit: 5 }],
    [
      'one of several conditions',
      { ...trends, filterGroups: [{ filters: [filter, filter], operator: LogicalOperator.OR }] },
    ],
    [
      'one of several groups',
      {
        ...trends,
        filterGroups: [{ filters: [filter] }, { filters: [filter] }],
        filterGroupsOperator: LogicalOperator.OR,
      },
    ],
    [
      'a trait alone',
      { ...trends, filterGroups: [{ filters: [{ ...filter, source: PropertySource.PROFILE }] }] },
    ],
  ])('%s', (_, init) => {
    expect(toDocumentedSpec(create(shipped.InsightQuerySpecSchema, init))).toBeUndefined();
  });
});
