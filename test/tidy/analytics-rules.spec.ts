import { describe, expect, test } from '@jest/globals';
import { create, type DescMessage, getOption, type MessageInitShape } from '@bufbuild/protobuf';
import { createValidator } from '@bufbuild/protovalidate';
import { message as messageRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { pathToString } from '@bufbuild/protobuf/reflect';
import { FilterOperator, PropertyFilterSchema } from '@dovecote/contract/common/v1/filters_pb';
import { TimeRangeSchema } from '@dovecote/contract/common/v1/time_pb';
import * as documented from '@dovecote/contract/events/v1/events_pb';
import * as documentedInsights from '@dovecote/contract/insights/v1/insights_pb';
import * as documentedProfiles from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { BatchCreateRequestSchema, EventSchema } from '@dovecote/contract/sdk/events/v1/events_pb';
import { IdentifyRequestSchema } from '@dovecote/contract/sdk/profiles/v1/profiles_pb';
import {
  AggregationType,
  EventQuerySchema,
  GetPropertyValuesRequestSchema,
  Granularity,
  InsightQuerySpecSchema,
  InsightType,
  QueryRequestSchema,
  SegmentUsersRequestSchema,
  SessionMetric,
  TopKQuery_Dimension,
  UserFlowQuery_NodeKind,
} from '@dovecote/contract/shared/insights/v1/insights_pb';

const ID = '0190f5e2-5e6b-7c3a-9b1f-0a1b2c3d4e5f';
const validator = createValidator();

/** `path rule` of each violation. */
function violations<D extends DescMessage>(schema: D, init: MessageInitShape<D>): string[] {
  const result = validator.validate(schema, create(schema, init));
  if (result.kind === 'error') throw result.error;
  return (result.violations ?? []).map(({ field, ruleId }) => `${pathToString(field)} ${ruleId}`.trim());
}

type SpecInit = MessageInitShape<typeof InsightQuerySpecSchema>;
type Case = [rule: string, init: SpecInit];

const seconds = (value: number) => ({ seconds: BigInt(value) });
type Given = { kind?: string; distinctId?: string; sessionId?: string; cookieless?: boolean };
const event = (more: Given = {}) => ({
  eventId: ID,
  kind: 'page_view',
  occurTime: seconds(1_700_000_000),
  distinctId: 'anon-1',
  sessionId: ID,
  ...more,
});
const [one] = [{ event: { kind: 'a' } }];
const sum = { aggregation: AggregationType.SUM, aggregationProperty: 'price' };
const plan = { property: 'plan' };
const { TRENDS, SEGMENTATION, FUNNEL, RETENTION, USER_FLOW, TOP_K, MAP } = InsightType;
const topK = { dimension: TopKQuery_Dimension.EVENT_KIND };
const sessions = { metric: SessionMetric.SESSIONS };

describe('the shipped question', () => {
  const cases: Case[] = [
    ['funnel_retention_require_events', { insightType: FUNNEL }],
    ['funnel_retention_require_events', { insightType: RETENTION }],
    ['funnel_only_conversion_window', { insightType: TRENDS, conversionWindow: seconds(60) }],
    ['funnel_only_step_timing', { insightType: TRENDS, includeStepTiming: true }],
    ['session_only_trends_segmentation', { insightType: MAP, map: {}, session: sessions }],
    ['session_no_events', { insightType: TRENDS, session: sessions, events: [one] }],
    [
      'session_page_metrics_require_trends_breakdown',
      { insightType: TRENDS, session: { metric: SessionMetric.ENTRY } },
    ],
    [
      'session_page_metrics_require_trends_breakdown',
      { insightType: SEGMENTATION, session: { metric: SessionMetric.EXIT } },
    ],
    ['segmentation_no_breakdowns', { insightType: SEGMENTATION, breakdowns: [plan] }],
    ['unique_breakdown_properties', { insightType: TRENDS, breakdowns: [plan, plan] }],
    ['breakdown_limit_requires_breakdowns', { insightType: TRENDS, breakdownLimit: 5 }],
    ['retention_max_events', { insightType: RETENTION, events: [one, one, one] }],
    ['funnel_max_steps', { insightType: FUNNEL, events: Array.from({ length: 21 }, () => one) }],
    ['numeric_agg_only_trends_segmentation', { insightType: FUNNEL, events: [{ ...one, ...sum }] }],
    ['user_flow_only_for_user_flow', { insightType: TRENDS, userFlow: {} }],
    ['user_flow_required', { insightType: USER_FLOW }],
    ['user_flow_no_events', { insightType: USER_FLOW, userFlow: {}, events: [one] }],
    ['user_flow_no_session', { insightType: USER_FLOW, userFlow: {}, session: sessions }],
    ['user_flow_no_breakdowns', { insightType: USER_FLOW, userFlow: {}, breakdowns: [plan] }],
    ['user_flow_no_breakdown_limit', { insightType: USER_FLOW, userFlow: {}, breakdownLimit: 3 }],
    [
      'user_flow_property_required',
      { insightType: USER_FLOW, userFlow: { nodeKind: UserFlowQuery_NodeKind.PROPERTY } },
    ],
    ['user_flow_max_hops_range', { insightType: USER_FLOW, userFlow: { maxHops: 11 } }],
    ['user_flow_max_nodes_range', { insightType: USER_FLOW, userFlow: { maxNodes: 1 } }],
    ['user_flow_max_links_range', { insightType: USER_FLOW, userFlow: { maxLinks: -1 } }],
    ['top_k_only_for_top_k', { insightType: TRENDS, topK }],
    ['top_k_required', { insightType: TOP_K }],
    ['top_k_no_events', { insightType: TOP_K, topK, events: [one] }],
    ['top_k_no_session', { insightType: TOP_K, topK, session: sessions }],
    ['top_k_no_breakdowns', { insightType: TOP_K, topK, breakdowns: [plan] }],
    ['top_k_no_breakdown_limit', { insightType: TOP_K, topK, breakdownLimit: 3 }],
    ['top_k_property_required', { insightType: TOP_K, topK: { dimension: TopKQuery_Dimension.PROPERTY } }],
    ['top_k_property_only_for_property_dimension', { insightType: TOP_K, topK: { ...topK, property: 'a' } }],
    [
      'top_k_metric_property_required',
      { insightType: TOP_K, topK: { ...topK, metric: AggregationType.MAX } },
    ],
    [
      'top_k_user_dimension_metric',
      {
        insightType: TOP_K,
        topK: { dimension: TopKQuery_Dimension.USER, metric: AggregationType.UNIQUE_USERS },
      },
    ],
    ['map_only_for_map', { insightType: TRENDS, map: {} }],
    ['map_required', { insightType: MAP }],
    ['map_no_events', { insightType: MAP, map: {}, events: [one] }],
    ['map_no_session', { insightType: MAP, map: {}, session: sessions }],
    ['map_no_breakdowns', { insightType: MAP, map: {}, breakdowns: [plan] }],
    ['map_no_breakdown_limit', { insightType: MAP, map: {}, breakdownLimit: 3 }],
    ['map_metric_property_required', { insightType: MAP, map: { metric: AggregationType.AVG } }],
    ['map_metric_property_only_for_numeric', { insightType: MAP, map: { metricProperty: 'price' } }],
  ];

  test.each(cases)('is refused by %s: %j', (rule, init) => {
    expect(violations(InsightQuerySpecSchema, init)).toContain(`insight_query_spec.${rule}`);
  });

  test('has no rule without a case', () => {
    const rules = getOption(InsightQuerySpecSchema, messageRules).cel.map(({ id }) => id);
    expect(new Set(cases.map(([rule]) => `insight_query_spec.${rule}`))).toEqual(new Set(rules));
    expect(rules).toHaveLength(40);
  });

  test.each<SpecInit>([
    { insightType: TRENDS },
    { insightType: TRENDS, events: [{ ...one, ...sum }], breakdowns: [plan], breakdownLimit: 100 },
    { insightType: TRENDS, session: { metric: SessionMetric.EXIT }, breakdowns: [plan] },
    { insightType: SEGMENTATION, session: sessions },
    { insightType: FUNNEL, events: [one, one], conversionWindow: seconds(1), includeStepTiming: true },
    { insightType: RETENTION, events: [one] },
    { insightType: USER_FLOW, userFlow: { maxHops: 10, maxNodes: 50, maxLinks: 500 } },
    { insightType: TOP_K, topK: { dimension: TopKQuery_Dimension.PROPERTY, property: '$url' } },
    { insightType: MAP, map: { metric: AggregationType.SUM, metricProperty: 'price' }, includeBots: true },
  ])('is accepted: %j', (init) => {
    expect(violations(InsightQuerySpecSchema, init)).toEqual([]);
  });

  test.each<[string, SpecInit]>([
    ['insight_type required', {}],
    ['insight_type enum.not_in', { insightType: 0 }],
    ['insight_type enum.defined_only', { insightType: 99 as InsightType }],
    [
      'breakdowns repeated.max_items',
      { insightType: TRENDS, breakdowns: [...'abcdef'].map((property) => ({ property })) },
    ],
    ['breakdown_limit int32.gte_lte', { insightType: TRENDS, breakdowns: [plan], breakdownLimit: 101 }],
    ['conversion_window duration.gte', { insightType: FUNNEL, events: [one], conversionWindow: seconds(0) }],
    [
      'conversion_window conversion_window.whole_seconds',
      { insightType: FUNNEL, events: [one], conversionWindow: { seconds: 1n, nanos: 1 } },
    ],
    ['filter_groups[0].filters repeated.min_items', { insightType: TRENDS, filterGroups: [{}] }],
    ['breakdowns[0].property string.pattern', { insightType: TRENDS, breakdowns: [{ property: '' }] }],
  ])('is refused: %s', (violation, init) => {
    expect(violations(InsightQuerySpecSchema, init)).toEqual([violation]);
  });

  test('needs a property to add up', () => {
    const query = { aggregation: AggregationType.MIN };
    expect(violations(EventQuerySchema, query)).toEqual(['event_query.property_required_for_numeric_agg']);
    expect(violations(EventQuerySchema, { ...query, aggregationProperty: 'price' })).toEqual([]);
  });
});

describe('the range of a shipped question', () => {
  const query = (granularity: Granularity, from: number, to: number) =>
    violations(QueryRequestSchema, {
      spec: { insightType: TRENDS },
      granularity,
      timeRange: { from: seconds(from), to: seconds(to) },
    });

  test.each([
    ['minute', Granularity.MINUTE, 6],
    ['hour', Granularity.HOUR, 336],
    ['day', Granularity.DAY, 8_760],
    ['week', Granularity.WEEK, 35_064],
    ['month', Granularity.MONTH, 87_660],
  ])('by %s has a longest length, which is allowed', (name, granularity, hours) => {
    const start = 1_000_000_000;
    expect(query(granularity, start, start + hours * 3_600 + 1)).toEqual([
      `query_request.granularity_${name}_max_range`,
    ]);
    expect(query(granularity, start, start + hours * 3_600)).toEqual([]);
  });

  test('may be anything between the first and the last time', () => {
    const [first, last] = [-62_135_596_800, 253_402_300_799];
    expect(query(Granularity.DAY, first, last)).toEqual(['query_request.granularity_day_max_range']);
    expect(query(Granularity.DAY, last, first)).toEqual(['time_range time_range.from_before_to']);
  });

  test.each([
    ['turned around', 1_000, 0, ['time_range.from_before_to']],
    ['empty', 5, 5, ['time_range.from_before_to']],
  ])('is refused: %s', (_name, from, to, rules) => {
    expect(violations(TimeRangeSchema, { from: seconds(from), to: seconds(to) })).toEqual(rules);
  });

  test('is required, with both ends', () => {
    expect(violations(TimeRangeSchema, {})).toEqual(['from required', 'to required']);
    expect(violations(QueryRequestSchema, {})).toEqual([
      'spec required',
      'time_range required',
      'granularity required',
    ]);
    expect(
      violations(SegmentUsersRequestSchema, { timeRange: { from: seconds(0), to: seconds(1) } }),
    ).toEqual(['events repeated.min_items']);
  });
});

describe('a filter', () => {
  type Init = MessageInitShape<typeof PropertyFilterSchema>;
  const { EQUALS, GT, IN, BETWEEN, NOT_BETWEEN, IS_SET } = FilterOperator;

  test.each<[string, Init]>([
    ['value_required', { operator: EQUALS }],
    ['value_required', { operator: GT, value: '' }],
    ['numeric_value_required', { operator: GT, value: '0x10' }],
    ['numeric_value_required', { operator: GT, value: ' 1' }],
    ['numeric_value_required', { operator: GT, value: '.' }],
    ['values_required', { operator: IN }],
    ['values_required', { operator: BETWEEN }],
    ['values_not_allowed', { operator: EQUALS, value: 'a', values: ['b'] }],
    ['between_requires_two_values', { operator: BETWEEN, values: ['1'] }],
    ['between_requires_two_values', { operator: NOT_BETWEEN, values: ['1', 'x'] }],
    ['between_ordered_values', { operator: BETWEEN, values: ['2', '1e0'] }],
    ['value_not_allowed_for_set_operators', { operator: IS_SET, value: 'a' }],
  ])('is refused by %s: %j', (rule, init) => {
    expect(violations(PropertyFilterSchema, { property: 'plan', ...init })).toEqual([
      `property_filter.${rule}`,
    ]);
  });

  test.each<Init>([
    { operator: EQUALS, value: ' ' },
    { operator: GT, value: '-1.5e-3' },
    { operator: GT, value: '+.5' },
    { operator: GT, value: '5.' },
    { operator: IN, values: [''] },
    { operator: BETWEEN, values: ['-1e400', '1e400'] },
    { operator: BETWEEN, values: ['1', '1.0'] },
    { operator: IS_SET },
  ])('is accepted: %j', (init) => {
    expect(violations(PropertyFilterSchema, { property: '$geo.country', ...init })).toEqual([]);
  });

  test.each(['', 'a b', '.a', 'a..b', '$'])('has no property named "%s"', (property) => {
    expect(violations(PropertyFilterSchema, { property, operator: IS_SET })).toEqual([
      'property string.pattern',
    ]);
  });
});

describe('a shipped event', () => {
  test('takes what is explicitly empty for present, where no rule says otherwise', () => {
    expect(violations(EventSchema, event({ kind: '' }))).toEqual(['kind string.pattern']);
    expect(violations(EventSchema, event({ sessionId: '' }))).toEqual([
      'session_id string.uuid_empty',
      'event.identity_required_unless_cookieless',
    ]);
    expect(violations(IdentifyRequestSchema, { externalId: '' })).toEqual([]);
    expect(violations(IdentifyRequestSchema, {})).toEqual(['external_id required']);
  });

  test('names what it lacks', () => {
    expect(violations(EventSchema, { cookieless: true })).toEqual([
      'event_id required',
      'kind required',
      'occur_time required',
    ]);
  });

  test('has automatic properties with a dollar, and others without', () => {
    const value = { value: { case: 'stringValue', value: 'x' } } as const;
    expect(violations(EventSchema, { ...event(), autoProperties: { url: value } })).toEqual([
      'event.auto_properties_dollar_prefix',
    ]);
    expect(violations(EventSchema, { ...event(), customProperties: { $url: value } })).toEqual([
      'event.custom_properties_no_dollar_prefix',
    ]);
  });

  test.each<[string, MessageInitShape<typeof EventSchema>['customProperties']]>([
    ['custom_properties["a"].value required', { a: {} }],
    [
      'custom_properties["a"].string_value string.max_len',
      { a: { value: { case: 'stringValue', value: 'é'.repeat(1_025) } } },
    ],
    [
      'custom_properties["a"].double_value double.finite',
      { a: { value: { case: 'doubleValue', value: NaN } } },
    ],
  ])('has values of its types: %s', (violation, customProperties) => {
    expect(violations(EventSchema, { ...event(), customProperties })).toEqual([violation]);
  });

  test('is in a batch of at most a thousand, whose identities are not those of the server', () => {
    const cookieless = event({ cookieless: true });
    const anonymous = { ...cookieless, distinctId: undefined, sessionId: undefined };
    expect(violations(BatchCreateRequestSchema, { events: [cookieless] })).toEqual([
      'batch.cookieless_identity_server_owned',
    ]);
    expect(violations(BatchCreateRequestSchema, { events: [event({ distinctId: 'cookieless-x' })] })).toEqual(
      ['batch.distinct_id_reserved_prefix'],
    );
    expect(violations(BatchCreateRequestSchema, { events: [anonymous] })).toEqual([]);
    expect(violations(BatchCreateRequestSchema, {})).toEqual([]);
    expect(
      violations(BatchCreateRequestSchema, { events: Array.from({ length: 1_001 }, () => event()) }),
    ).toEqual(['events repeated.max_items']);
  });

  test('belongs to a person whose ids are not those of the server', () => {
    expect(violations(IdentifyRequestSchema, { externalId: 'cookieless-1', anonymousId: 'user-1' })).toEqual([
      'external_id external_id.reserved_prefix',
      'anonymous_id string.pattern',
    ]);
    expect(violations(IdentifyRequestSchema, { externalId: 'u', anonymousId: '' })).toEqual([]);
  });
});

test('values of a property need to know where it belongs', () => {
  expect(violations(GetPropertyValuesRequestSchema, { propertyKey: 'a.b' })).toEqual(['source required']);
  expect(violations(GetPropertyValuesRequestSchema, { propertyKey: 'a.b', source: 0 })).toEqual([]);
});

describe('the documented contract', () => {
  test('takes an empty text for missing', () => {
    expect(violations(documented.BatchCreateRequestSchema, {})).toEqual(['events required']);
    expect(
      violations(documented.BatchCreateRequestSchema, { events: [{ name: 'a' }, { name: '' }] }),
    ).toEqual(['events[1].name required']);
    expect(violations(documentedProfiles.IdentifyRequestSchema, { externalId: '' })).toEqual([
      'external_id required',
    ]);
    expect(violations(documentedProfiles.AliasRequestSchema, {})).toEqual([
      'previous_id required',
      'external_id required',
    ]);
  });

  test('bounds texts by their characters', () => {
    const long = {
      name: 'é'.repeat(201),
      sessionId: 'a'.repeat(129),
      distinctId: '😀'.repeat(255),
      eventId: 'a'.repeat(65),
    };
    expect(violations(documented.BatchCreateRequestSchema, { events: [long] })).toEqual([
      'events[0].name string.max_len',
      'events[0].session_id string.max_len',
      'events[0].event_id string.max_len',
    ]);
  });

  test('asks for what a question needs', () => {
    const { QueryRequestSchema: schema, Operator } = documentedInsights;
    expect(violations(schema, {})).toEqual(['query required']);
    expect(violations(schema, { query: {} })).toEqual(['query.events required']);
    expect(
      violations(schema, {
        query: {
          events: [{ name: 'a', filters: [{ property: 'p', operator: 99 as documentedInsights.Operator }] }],
          timeRange: { end: seconds(1) },
          granularity: 9 as documentedInsights.Granularity,
          breakdown: {},
          filters: [{}],
          conversionWindow: { seconds: 1n, nanos: 5 },
        },
      }),
    ).toEqual([
      'query.events[0].filters[0].operator enum.defined_only',
      'query.time_range.start required',
      'query.granularity enum.defined_only',
      'query.breakdown.property required',
      'query.filters[0].property required',
      'query.filters[0].operator required',
      'query.conversion_window conversion_window.whole_seconds',
    ]);
    const query = { events: [{ name: 'a', filters: [{ property: 'p', operator: Operator.IS_SET }] }] };
    expect(violations(schema, { query: { ...query, conversionWindow: seconds(604_800) } })).toEqual([]);
  });
});
