import fc from 'fast-check';
import type {
  Aggregation,
  Breakdown,
  Condition,
  EventSelector,
  FilterGroups,
  InsightQuery,
  PropertyFilter,
  Question,
} from '../../../src/modules/analytics/insight/insight-query.js';
import type { Scene } from './scene.js';
import { arbitraryWindow } from './scene.js';
import { KINDS, NUMBERS, PROPERTIES, TEXTS, TRAITS } from './world.js';

const text = fc.constantFrom(...TEXTS);
const number = fc.constantFrom(...NUMBERS);

const arbitraryCondition: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({
    operator: fc.constantFrom(
      'equals' as const,
      'not_equals' as const,
      'contains' as const,
      'not_contains' as const,
    ),
    value: text,
  }),
  fc.record({ operator: fc.constantFrom('is_set' as const, 'is_not_set' as const) }),
  fc.record({
    operator: fc.constantFrom('lt' as const, 'lte' as const, 'gt' as const, 'gte' as const),
    value: number,
  }),
  fc.record({
    operator: fc.constantFrom('in' as const, 'not_in' as const),
    values: fc.array(text, { minLength: 1, maxLength: 3 }),
  }),
  fc
    .record({
      operator: fc.constantFrom('between' as const, 'not_between' as const),
      bounds: fc.tuple(number, number),
    })
    .map(({ operator, bounds }) => ({
      operator,
      low: Math.min(...bounds),
      high: Math.max(...bounds),
    })),
);

export const arbitraryFilter: fc.Arbitrary<PropertyFilter> = fc
  .tuple(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          source: fc.constant('event' as const),
          property: fc.constantFrom(...PROPERTIES),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          source: fc.constant('profile' as const),
          property: fc.constantFrom(...TRAITS),
        }),
      },
    ),
    arbitraryCondition,
  )
  .map(([subject, condition]) => ({ ...subject, ...condition }));

const operator = fc.constantFrom('and' as const, 'or' as const);

const arbitraryFilterGroups: fc.Arbitrary<FilterGroups> = fc.record({
  operator,
  groups: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.record({ operator, filters: fc.array(arbitraryFilter, { minLength: 1, maxLength: 2 }) }),
        { minLength: 1, maxLength: 2 },
      ),
    },
  ),
});

export const arbitrarySelector: fc.Arbitrary<EventSelector> = fc.record({
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...KINDS) },
    { weight: 1, arbitrary: fc.constant('') },
  ),
  filters: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(arbitraryFilter, { minLength: 1, maxLength: 2 }) },
  ),
});

/** Mostly everything, so that sessions, nodes and rows have something in them. */
const arbitraryScope: fc.Arbitrary<EventSelector> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ kind: '', filters: [] }) },
  { weight: 1, arbitrary: arbitrarySelector },
);

const arbitraryAggregation: fc.Arbitrary<Aggregation> = fc.oneof(
  fc.record({
    type: fc.constantFrom('total' as const, 'unique_users' as const, 'per_user_average' as const),
  }),
  fc.record({
    type: fc.constantFrom('sum' as const, 'average' as const, 'minimum' as const, 'maximum' as const),
    property: fc.constantFrom('amount', 'amount', 'plan', '$mobile', 'age'),
  }),
);

const properties = (maxLength: number) =>
  fc.uniqueArray(fc.constantFrom(...PROPERTIES), { minLength: 1, maxLength });

const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });

const arbitraryBreakdown: fc.Arbitrary<Breakdown | undefined> = maybe(
  fc.record({ properties: properties(3), limit: fc.integer({ min: 1, max: 4 }) }),
);

function arbitraryQuestion(scene: Scene): fc.Arbitrary<Question> {
  return fc.record({
    window: arbitraryWindow(scene),
    zone: fc.constant(scene.zone),
    filters: arbitraryFilterGroups,
    mergeIdentities: fc.boolean(),
    includeBots: fc.boolean(),
    includeCookieless: fc.boolean(),
    reading: fc.record({ numericStringsCount: fc.boolean(), fallBackToTraits: fc.boolean() }),
  });
}

/** The parts of a question that its type adds. */
type PartsOf<Type extends InsightQuery['type']> = Omit<
  Extract<InsightQuery, { type: Type }>,
  keyof Question | 'type'
>;

type PartsByType = { readonly [Type in InsightQuery['type']]: (scene: Scene) => fc.Arbitrary<PartsOf<Type>> };

const SECOND = 1000;
const HOUR = 3600 * SECOND;

const PARTS: PartsByType = {
  trends: (scene) =>
    fc.record({
      granularity: fc.constant(scene.granularity),
      events: fc.array(
        fc
          .tuple(arbitrarySelector, arbitraryAggregation)
          .map(([selector, aggregation]) => ({ ...selector, aggregation })),
        { minLength: 1, maxLength: 3 },
      ),
      breakdown: arbitraryBreakdown,
      rankBy: fc.constantFrom('sum_of_buckets' as const, 'window' as const),
    }),
  segmentation: () =>
    fc.record({
      events: fc.array(arbitrarySelector, { minLength: 1, maxLength: 3 }),
      aggregation: arbitraryAggregation,
    }),
  sessions: (scene) =>
    fc.record({
      metric: fc.constantFrom(
        'sessions' as const,
        'average_duration' as const,
        'bounce_rate' as const,
        'average_events' as const,
        'entry' as const,
        'exit' as const,
      ),
      scope: arbitraryScope,
      granularity: maybe(fc.constant(scene.granularity)),
      breakdown: arbitraryBreakdown,
    }),
  funnel: () =>
    fc.record({
      steps: fc.array(arbitrarySelector, { minLength: 1, maxLength: 4 }),
      conversionMs: fc.constantFrom(SECOND, 60 * SECOND, HOUR, 24 * HOUR, 24 * 30 * HOUR),
      timing: fc.boolean(),
      breakdown: arbitraryBreakdown,
    }),
  retention: (scene) =>
    fc
      .record({
        start: arbitraryScope,
        other: arbitraryScope,
        same: fc.boolean(),
        breakdown: arbitraryBreakdown,
      })
      .map(({ start, other, same, breakdown }) => ({
        granularity: scene.granularity,
        start,
        return: same ? start : other,
        breakdown,
      })),
  user_flow: () =>
    fc.record({
      node: fc.oneof(
        { weight: 2, arbitrary: fc.constant({ type: 'kind' as const }) },
        {
          weight: 1,
          arbitrary: fc.record({
            type: fc.constant('property' as const),
            property: fc.constantFrom(...PROPERTIES),
          }),
        },
      ),
      scope: arbitraryScope,
      maxHops: fc.integer({ min: 1, max: 4 }),
      maxNodes: fc.integer({ min: 2, max: 4 }),
      maxLinks: fc.integer({ min: 1, max: 8 }),
    }),
  top_k: () =>
    fc
      .record({
        dimension: fc.oneof(
          fc.record({ type: fc.constant('property' as const), property: fc.constantFrom(...PROPERTIES) }),
          fc.record({ type: fc.constantFrom('kind' as const, 'person' as const) }),
        ),
        scope: arbitraryScope,
        aggregation: arbitraryAggregation,
        limit: fc.integer({ min: 1, max: 5 }),
        others: fc.boolean(),
      })
      .map((parts) =>
        parts.dimension.type === 'person' &&
        (parts.aggregation.type === 'unique_users' || parts.aggregation.type === 'per_user_average')
          ? { ...parts, aggregation: { type: 'total' as const } }
          : parts,
      ),
  map: () => fc.record({ scope: arbitraryScope, aggregation: arbitraryAggregation }),
  lifecycle: (scene) => fc.record({ granularity: fc.constant(scene.granularity), event: arbitraryScope }),
  stickiness: (scene) => fc.record({ granularity: fc.constant(scene.granularity), event: arbitraryScope }),
};

export const QUESTION_TYPES = Object.keys(PARTS) as InsightQuery['type'][];

/** A question of this type about the scene. */
export function arbitraryQuery<Type extends InsightQuery['type']>(
  type: Type,
  scene: Scene,
): fc.Arbitrary<Extract<InsightQuery, { type: Type }>> {
  return (
    fc
      .tuple(arbitraryQuestion(scene), PARTS[type](scene))
      // The parts of this type and what every question says are a question of this type: TypeScript cannot join the two.
      .map(
        ([question, parts]) =>
          ({ type, ...question, ...parts }) as unknown as Extract<InsightQuery, { type: Type }>,
      )
  );
}
