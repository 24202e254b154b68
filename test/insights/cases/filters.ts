import type {
  Condition,
  EventSelector,
  FilterGroup,
  FilterGroups,
  LogicalOperator,
  PropertyFilter,
  Question,
} from '../../../src/modules/analytics/insight/insight-query.js';
import { type Case, equals, event, june, only, select, world } from './write.js';

/** How many events fulfil the conditions. */
function count(events: readonly EventSelector[], parts: Partial<Question>): Pick<Case, 'question'> {
  return { question: { ...june, ...parts, type: 'segmentation', events, aggregation: { type: 'total' } } };
}

const values = world([
  event('ann', 'view', '02', { properties: { v: 'pro' } }),
  event('ann', 'view', '02', { properties: { v: 'Pro' } }),
  event('ann', 'view', '02', { properties: { v: '' } }),
  event('ann', 'view', '02'),
  event('ann', 'view', '02', { properties: { v: 42 } }),
  event('ann', 'view', '02', { properties: { v: '42' } }),
  event('ann', 'view', '02', { properties: { v: 4.5 } }),
  event('ann', 'view', '02', { properties: { v: '1e2' } }),
  event('ann', 'view', '02', { properties: { v: true } }),
  event('ann', 'view', '02', { properties: { v: '50%_\\' } }),
  event('ann', 'view', '02', { properties: { v: ' 7' } }),
  event('ann', 'view', '02', { properties: { v: 'NaN' } }),
  event('ann', 'view', '02', { properties: { v: -3 } }),
]);

const conditions: readonly (readonly [string, Condition, number])[] = [
  ['equals compares text', { operator: 'equals', value: 'pro' }, 1],
  ['equals finds a number by its decimal text', { operator: 'equals', value: '42' }, 2],
  ['equals finds a boolean by its text', { operator: 'equals', value: 'true' }, 1],
  ['equals does not compute', { operator: 'equals', value: '100' }, 0],
  ['not_equals matches what is missing', { operator: 'not_equals', value: 'pro' }, 12],
  ['not_equals compares numbers as text', { operator: 'not_equals', value: '42' }, 11],
  ['contains minds the case', { operator: 'contains', value: 'ro' }, 2],
  ['contains looks into booleans', { operator: 'contains', value: 'r' }, 3],
  ['contains looks into numbers', { operator: 'contains', value: '2' }, 3],
  ['contains has no wildcard %', { operator: 'contains', value: '%' }, 1],
  ['contains has no wildcard _', { operator: 'contains', value: '_' }, 1],
  ['contains takes a backslash as it is', { operator: 'contains', value: '\\' }, 1],
  ['not_contains matches what is missing', { operator: 'not_contains', value: 'r' }, 10],
  ['not_contains has no wildcard', { operator: 'not_contains', value: '%' }, 12],
  ['is_set wants text', { operator: 'is_set' }, 11],
  ['is_not_set takes the empty text as missing', { operator: 'is_not_set' }, 2],
  ['lt excludes its bound', { operator: 'lt', value: 4.5 }, 1],
  ['lte includes its bound', { operator: 'lte', value: 4.5 }, 2],
  ['gt excludes its bound', { operator: 'gt', value: 42 }, 1],
  ['gte includes its bound', { operator: 'gte', value: 42 }, 3],
  ['gt reads only what spells a number', { operator: 'gt', value: -10 }, 5],
  ['lt does not match what is no number', { operator: 'lt', value: 0 }, 1],
  ['in compares text', { operator: 'in', values: ['pro', '42'] }, 3],
  ['in takes any text', { operator: 'in', values: ['true', 'NaN', 'unheard of'] }, 2],
  ['not_in matches what is missing', { operator: 'not_in', values: ['pro', '42'] }, 10],
  ['between includes both bounds', { operator: 'between', low: 4.5, high: 42 }, 3],
  ['between may be one number', { operator: 'between', low: -3, high: -3 }, 1],
  ['not_between excludes both bounds', { operator: 'not_between', low: 4.5, high: 42 }, 2],
  ['not_between does not match what is no number', { operator: 'not_between', low: 0, high: 1000 }, 1],
];

const places = world([
  event('ann', 'view', '02', { properties: { plan: 'pro', $country: 'SE' } }),
  event('ann', 'view', '02', { properties: { plan: 'pro', $country: 'US' } }),
  event('ann', 'buy', '02', { properties: { plan: 'free', $country: 'SE' } }),
  event('ann', 'buy', '02', { properties: { plan: 'free', $country: 'US' } }),
  event('ann', 'view', '02'),
]);

function group(operator: LogicalOperator, ...texts: readonly string[]): FilterGroup {
  return { operator, filters: texts.map(equals) };
}

function groups(operator: LogicalOperator, ...all: readonly FilterGroup[]): { filters: FilterGroups } {
  return { filters: { operator, groups: all } };
}

const combinations: readonly (readonly [string, { filters: FilterGroups }, number])[] = [
  ['no group matches every event', groups('and'), 5],
  ['no group matches every event, whatever joins them', groups('or'), 5],
  ['all filters of a group hold', groups('and', group('and', 'plan=pro', '$country=SE')), 1],
  ['any filter of a group holds', groups('and', group('or', 'plan=pro', '$country=SE')), 3],
  ['all groups hold', groups('and', group('and', 'plan=pro'), group('and', '$country=SE')), 1],
  [
    'any group holds',
    groups('or', group('and', 'plan=pro', '$country=SE'), group('and', 'plan=free', '$country=US')),
    2,
  ],
  [
    'groups of alternatives hold together',
    groups('and', group('or', 'plan=pro', 'plan=free'), group('or', '$country=US', '$country=DE')),
    2,
  ],
  ['a filter twice is the filter once', groups('or', group('or', 'plan=pro', 'plan=pro')), 2],
];

const people = world(
  [
    event('anon-1', 'view', '02'),
    event('ann', 'view', '02', { properties: { plan: 'pro' } }),
    event('prof-ann', 'view', '02'),
    event('bob', 'view', '02'),
    event('', 'view', '02'),
    event('old', 'view', '02'),
  ],
  {
    ann: {
      aliases: ['anon-1'],
      traits: { plan: 'gold', age: '42', tags: { city: 'Umeå' }, vip: true, level: 7 },
    },
    old: { traits: { plan: 'gold' }, deleted: true },
  },
);

type ProfileCase = readonly [string, PropertyFilter, number];
const profile = (property: string, condition: Condition): PropertyFilter => ({
  property,
  source: 'profile',
  ...condition,
});
const profileFilters: readonly ProfileCase[] = [
  ['finds a person under every id', profile('plan', { operator: 'equals', value: 'gold' }), 3],
  ['needs a profile even to differ', profile('plan', { operator: 'not_equals', value: 'silver' }), 3],
  ['needs a profile even to lack something', profile('nothing', { operator: 'is_not_set' }), 3],
  ['leads into nested traits', profile('tags.city', { operator: 'equals', value: 'Umeå' }), 3],
  ['finds nothing at the path of a nest', profile('tags', { operator: 'is_set' }), 0],
  ['reads numeric strings', profile('age', { operator: 'gt', value: 41 }), 3],
  ['reads numbers', profile('level', { operator: 'between', low: 7, high: 8 }), 3],
  ['does not read booleans as numbers', profile('vip', { operator: 'gte', value: 0 }), 0],
  ['reads booleans as text', profile('vip', { operator: 'equals', value: 'true' }), 3],
  ['takes one of several texts', profile('plan', { operator: 'in', values: ['gold', 'silver'] }), 3],
];

const fallBack = { reading: { numericStringsCount: true, fallBackToTraits: true } };
const fallBacks: readonly (readonly [string, PropertyFilter, number])[] = [
  ['takes the trait where the event lacks the property', equals('plan=gold'), 2],
  ['takes the property where the event has it', equals('plan=pro'), 1],
  [
    'has neither of a person without a profile',
    { property: 'plan', source: 'event', operator: 'is_not_set' },
    3,
  ],
  ['reads the number of the trait', { property: 'age', source: 'event', operator: 'lte', value: 42 }, 3],
];

export const filterCases: readonly Case[] = [
  ...conditions.map(([name, condition, expected]): Case => ({
    name: `a condition: ${name}`,
    world: values,
    ...count([select('view')], only({ property: 'v', source: 'event', ...condition })),
    answer: [String(expected)],
  })),
  ...combinations.map(([name, filters, expected]): Case => ({
    name: `groups: ${name}`,
    world: places,
    ...count([select('')], filters),
    answer: [String(expected)],
  })),
  {
    name: 'a selector: its filters hold beside those of the question',
    world: places,
    ...count([select('view plan=pro')], only(equals('$country=SE'))),
    answer: ['1'],
  },
  {
    name: 'a selector: its filters are its own',
    world: places,
    ...count([select('view plan=pro'), select('buy $country=US')], {}),
    answer: ['3'],
  },
  ...[true, false].flatMap((mergeIdentities) =>
    profileFilters.map(([name, filter, expected]): Case => ({
      name: `a profile, identities ${mergeIdentities ? 'merged' : 'apart'}: ${name}`,
      world: people,
      ...count([select('view')], { ...only(filter), mergeIdentities }),
      answer: [String(expected)],
    })),
  ),
  ...fallBacks.map(([name, filter, expected]): Case => ({
    name: `falling back to traits: ${name}`,
    world: people,
    ...count([select('view')], { ...only(filter), ...fallBack }),
    answer: [String(expected)],
  })),
];
