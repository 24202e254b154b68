import type { Aggregation, TrendsQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import { type Case, event, june, select, window, world } from './write.js';

interface Parts extends Partial<TrendsQuery> {
  readonly aggregation?: Aggregation;
}

function trends(selectors: readonly string[], { aggregation = { type: 'total' }, ...parts }: Parts = {}) {
  const query: TrendsQuery = {
    ...june,
    type: 'trends',
    granularity: 'day',
    events: selectors.map((text) => ({ ...select(text), aggregation })),
    rankBy: 'sum_of_buckets',
    ...parts,
  };
  return { question: query };
}

const unique = { aggregation: { type: 'unique_users' } } as const;
const perUser = { aggregation: { type: 'per_user_average' } } as const;
const amount = (type: 'sum' | 'average' | 'minimum' | 'maximum') => ({
  aggregation: { type, property: 'amount' },
});
const by = (limit: number, ...properties: string[]) => ({ breakdown: { properties, limit } });

const week = world([
  event('ann', 'view', '01 10:00'),
  event('ann', 'view', '01 23:59:59.999'),
  event('bob', 'view', '02 00:00'),
  event('ann', 'view', '02 12:00'),
  event('ann', 'buy', '02 13:00'),
  event('bob', 'view', '07 08:00'),
]);

const persons = world(
  [
    event('anon-1', 'view', '01 10:00'),
    event('ann', 'view', '01 11:00'),
    event('prof-ann', 'view', '02 11:00'),
    event('bob', 'view', '02 12:00'),
    event('cookieless-x', 'view', '02 13:00', { cookieless: true }),
    event('', 'view', '03 13:00'),
    event('googlebot', 'view', '04 13:00', { bot: true }),
  ],
  {
    ann: { aliases: ['anon-1'], traits: { plan: 'gold', seats: '3', in: { years: 2 } } },
    bob: { traits: { seats: 4 } },
  },
);

const amounts = world([
  event('ann', 'buy', '01', { properties: { amount: 10 } }),
  event('ann', 'buy', '01', { properties: { amount: 2.5 } }),
  event('bob', 'buy', '01', { properties: { amount: '7.5' } }),
  event('bob', 'buy', '01', { properties: { amount: 'seven' } }),
  event('bob', 'buy', '01', { properties: { amount: true } }),
  event('bob', 'buy', '01'),
  event('bob', 'buy', '02', { properties: { amount: 'none' } }),
  event('bob', 'buy', '03', { properties: { amount: -4 } }),
]);

const plans = world([
  event('ann', 'view', '01', { properties: { plan: 'pro', $country: 'SE', amount: 1 } }),
  event('ann', 'view', '01', { properties: { plan: 'pro', $country: 'US', amount: 3 } }),
  event('bob', 'view', '02', { properties: { plan: 'pro', $country: 'SE', amount: 5 } }),
  event('ann', 'view', '01', { properties: { plan: 'free', $country: 'SE', amount: 20 } }),
  event('bob', 'view', '01', { properties: { plan: 'free', $country: 'SE', amount: 10 } }),
  event('ann', 'view', '02', { properties: { plan: 'team', amount: 30 } }),
  event('cid', 'view', '02'),
]);

/** The same person under each plan, one under the other: uniques by bucket and over the window rank differently. */
const habits = world([
  event('ann', 'view', '01', { properties: { plan: 'daily' } }),
  event('ann', 'view', '02', { properties: { plan: 'daily' } }),
  event('ann', 'view', '03', { properties: { plan: 'daily' } }),
  event('ann', 'view', '01', { properties: { plan: 'once' } }),
  event('bob', 'view', '01', { properties: { plan: 'once' } }),
  event('ann', 'view', '01', { properties: { plan: 'rare' } }),
  event('bob', 'view', '02', { properties: { plan: 'seldom' } }),
]);

const copies = world([
  event('ann', 'buy', '01', { id: 'one', properties: { plan: 'pro' } }),
  event('ann', 'buy', '01', { id: 'one', properties: { plan: 'pro' }, received: 5000 }),
  event('ann', 'buy', '01 00:00:00.001', { id: 'one' }),
  event('bob', 'buy', '01', { id: 'one' }),
  event('ann', 'view', '01', { id: 'one' }),
]);

const traitSums = [
  ['that are numbers or spell one', 'seats', true, '01=6 02=7 03=0 total 13'],
  ['that are numbers only, when strings do not count', 'seats', false, '01=0 02=4 03=0 total 4'],
  ['inside traits', 'in.years', false, '01=4 02=2 03=0 total 6'],
] as const;

export const trendsCases: readonly Case[] = [
  {
    name: 'counts events by day',
    world: week,
    ...trends(['view']),
    answer: ['0 view (all): 01=2 02=2 07=1 total 5'],
  },
  {
    name: 'has no series of a kind that does not occur',
    world: week,
    ...trends(['unheard']),
    answer: [],
  },
  {
    name: 'includes the start of the window and excludes its end',
    world: week,
    ...trends(['view'], window('01 10:00', '02 12:00')),
    answer: ['0 view (all): 01=2 02=1 total 3'],
  },
  {
    name: 'labels a partial first bucket with its whole start',
    world: week,
    ...trends(['view'], window('02 06:00', '03')),
    answer: ['0 view (all): 02=1 total 1'],
  },
  {
    name: 'counts by minute',
    world: week,
    ...trends(['view'], { granularity: 'minute', ...window('01 23:58', '02 00:02') }),
    answer: ['0 view (all): 01 23:59=1 02=1 total 2'],
  },
  {
    name: 'counts by hour',
    world: week,
    ...trends(['view'], { granularity: 'hour', ...window('01', '03') }),
    answer: ['0 view (all): 01 10:00=1 01 23:00=1 02=1 02 12:00=1 total 4'],
  },
  {
    name: 'begins weeks on Sunday',
    world: week,
    ...trends(['view'], { granularity: 'week' }),
    answer: ['0 view (all): 31=4 07=1 total 5'],
  },
  {
    name: 'counts by month',
    world: week,
    ...trends(['view'], { granularity: 'month' }),
    answer: ['0 view (all): 01=5 total 5'],
  },
  {
    name: 'begins days at local midnight, east of UTC',
    world: week,
    ...trends(['view'], { zone: 'Asia/Kolkata' }),
    answer: ['0 view (all): 31 18:30=1 01 18:30=3 06 18:30=1 total 5'],
  },
  {
    name: 'begins days at local midnight, west of UTC',
    world: week,
    ...trends(['view'], { zone: 'America/New_York' }),
    answer: ['0 view (all): 01 04:00=3 02 04:00=1 07 04:00=1 total 5'],
  },
  {
    name: 'begins weeks at local midnight',
    world: week,
    ...trends(['view'], { zone: 'America/New_York', granularity: 'week' }),
    answer: ['0 view (all): 31 04:00=4 07 04:00=1 total 5'],
  },
  {
    name: 'begins months at local midnight',
    world: week,
    ...trends(['view'], { zone: 'Asia/Kolkata', granularity: 'month' }),
    answer: ['0 view (all): 31 18:30=5 total 5'],
  },
  {
    name: 'begins hours where the clock strikes in a zone of half an hour',
    world: week,
    ...trends(['view'], { zone: 'Asia/Kolkata', granularity: 'hour', ...window('02', '03') }),
    answer: ['0 view (all): 01 23:30=1 02 11:30=1 total 2'],
  },
  {
    name: 'keeps several events apart, in their order',
    world: week,
    ...trends(['view', 'buy']),
    answer: ['0 view (all): 01=2 02=2 07=1 total 5', '1 buy (all): 02=1 total 1'],
  },
  {
    name: 'keeps the same kind twice apart',
    world: plans,
    ...trends(['view plan=pro', 'view plan=free']),
    answer: ['0 view (all): 01=2 02=1 total 3', '1 view (all): 01=2 total 2'],
  },
  {
    name: 'makes a series of each kind for an event of any kind',
    world: week,
    ...trends(['']),
    answer: ['0 buy (all): 02=1 total 1', '0 view (all): 01=2 02=2 07=1 total 5'],
  },
  {
    name: 'counts a retried event once, and others under the same id too',
    world: copies,
    ...trends(['']),
    answer: ['0 buy (all): 01=3 total 3', '0 view (all): 01=1 total 1'],
  },
  {
    name: 'counts persons by day, and each once over the window',
    world: week,
    ...trends(['view'], unique),
    answer: ['0 view (all): 01=1 02=2 07=1 total 2'],
  },
  {
    name: 'counts persons with their identities merged',
    world: persons,
    ...trends(['view'], unique),
    answer: ['0 view (all): 01=1 02=2 total 2'],
  },
  {
    name: 'counts every id as a person when identities stay apart',
    world: persons,
    ...trends(['view'], { ...unique, mergeIdentities: false }),
    answer: ['0 view (all): 01=2 02=2 total 4'],
  },
  {
    name: 'counts persons of a day when asked to',
    world: persons,
    ...trends(['view'], { ...unique, includeCookieless: true }),
    answer: ['0 view (all): 01=1 02=3 total 3'],
  },
  {
    name: 'counts events of persons of a day, and of no person, always',
    world: persons,
    ...trends(['view']),
    answer: ['0 view (all): 01=2 02=3 03=1 total 6'],
  },
  {
    name: 'counts bots when asked to',
    world: persons,
    ...trends(['view'], { ...unique, includeBots: true }),
    answer: ['0 view (all): 01=1 02=2 04=1 total 3'],
  },
  {
    name: 'divides events by persons, both without those of a day',
    world: persons,
    ...trends(['view'], perUser),
    answer: ['0 view (all): 01=2 02=1 total 2'],
  },
  {
    name: 'sums numbers, and strings that spell one',
    world: amounts,
    ...trends(['buy'], amount('sum')),
    answer: ['0 buy (all): 01=20 02=0 03=-4 total 16'],
  },
  {
    name: 'sums stored numbers only, when strings do not count',
    world: amounts,
    ...trends(['buy'], {
      ...amount('sum'),
      reading: { numericStringsCount: false, fallBackToTraits: false },
    }),
    answer: ['0 buy (all): 01=12.5 02=0 03=-4 total 8.5'],
  },
  {
    name: 'averages over the events that have a number',
    world: amounts,
    ...trends(['buy'], { ...amount('average'), ...window('01', '03') }),
    answer: ['0 buy (all): 01=6.666666666666667 02=0 total 6.666666666666667'],
  },
  {
    name: 'finds the smallest number, and 0 for none',
    world: amounts,
    ...trends(['buy'], amount('minimum')),
    answer: ['0 buy (all): 01=2.5 02=0 03=-4 total -4'],
  },
  {
    name: 'finds the largest number, and 0 for none',
    world: amounts,
    ...trends(['buy'], amount('maximum')),
    answer: ['0 buy (all): 01=10 02=0 03=-4 total 10'],
  },
  {
    name: 'breaks down by the text of a property, missing as empty, ties by text',
    world: plans,
    ...trends(['view'], by(10, 'plan')),
    answer: [
      '0 view pro: 01=2 02=1 total 3',
      '0 view free: 01=2 total 2',
      '0 view : 02=1 total 1',
      '0 view team: 02=1 total 1',
    ],
  },
  {
    name: 'folds what the limit leaves over',
    world: plans,
    ...trends(['view'], by(2, 'plan')),
    answer: ['0 view pro: 01=2 02=1 total 3', '0 view free: 01=2 total 2', '0 view (others): 02=2 total 2'],
  },
  {
    name: 'has no others when the limit leaves nothing over',
    world: plans,
    ...trends(['view'], by(4, 'plan')),
    answer: [
      '0 view pro: 01=2 02=1 total 3',
      '0 view free: 01=2 total 2',
      '0 view : 02=1 total 1',
      '0 view team: 02=1 total 1',
    ],
  },
  {
    name: 'breaks down by several properties together',
    world: plans,
    ...trends(['view'], by(3, 'plan', '$country')),
    answer: [
      '0 view free,SE: 01=2 total 2',
      '0 view pro,SE: 01=1 02=1 total 2',
      '0 view ,: 02=1 total 1',
      '0 view (others): 01=1 02=1 total 2',
    ],
  },
  {
    name: 'breaks down by traits where the event lacks the property',
    world: persons,
    ...trends(['view'], {
      ...by(10, 'plan'),
      reading: { numericStringsCount: true, fallBackToTraits: true },
    }),
    answer: ['0 view : 02=2 03=1 total 3', '0 view gold: 01=2 02=1 total 3'],
  },
  ...traitSums.map(([name, property, numericStringsCount, sums]): Case => ({
    name: `sums traits ${name}`,
    world: persons,
    ...trends(['view'], {
      aggregation: { type: 'sum', property },
      reading: { numericStringsCount, fallBackToTraits: true },
    }),
    answer: [`0 view (all): ${sums}`],
  })),
  {
    name: 'ranks persons by the sum of their buckets',
    world: habits,
    ...trends(['view'], { ...unique, ...by(1, 'plan') }),
    answer: ['0 view daily: 01=1 02=1 03=1 total 1', '0 view (others): 01=2 02=1 total 2'],
  },
  {
    name: 'ranks persons by the window',
    world: habits,
    ...trends(['view'], { ...unique, ...by(1, 'plan'), rankBy: 'window' }),
    answer: ['0 view once: 01=2 total 2', '0 view (others): 01=1 02=2 03=1 total 2'],
  },
  {
    name: 'counts a person among the others once',
    world: habits,
    ...trends(['view'], { ...unique, ...by(2, 'plan'), rankBy: 'window' }),
    answer: [
      '0 view once: 01=2 total 2',
      '0 view daily: 01=1 02=1 03=1 total 1',
      '0 view (others): 01=1 02=1 total 2',
    ],
  },
  {
    name: 'averages the numbers of the others together',
    world: plans,
    ...trends(['view'], { ...amount('average'), ...by(1, 'plan'), rankBy: 'window' }),
    answer: ['0 view team: 02=30 total 30', '0 view (others): 01=8.5 02=5 total 7.8'],
  },
  {
    name: 'divides the events of the others by their persons together',
    world: plans,
    ...trends(['view'], { ...perUser, ...by(1, 'plan'), rankBy: 'window' }),
    answer: ['0 view pro: 01=2 02=1 total 1.5', '0 view (others): 01=1 02=1 total 1.3333333333333333'],
  },
  {
    name: 'finds extremes among the others together',
    world: plans,
    ...trends(['view'], { ...amount('maximum'), ...by(1, 'plan'), rankBy: 'window' }),
    answer: ['0 view team: 02=30 total 30', '0 view (others): 01=20 02=5 total 20'],
  },
  {
    name: 'finds the smallest among the others, not the 0 of nothing',
    world: plans,
    ...trends(['view'], { ...amount('minimum'), ...by(1, 'plan'), rankBy: 'window' }),
    answer: ['0 view team: 02=30 total 30', '0 view (others): 01=1 02=5 total 1'],
  },
  {
    name: 'ranks the values of each kind apart',
    world: world([
      event('ann', 'buy', '01', { properties: { plan: 'pro' } }),
      event('ann', 'view', '01', { properties: { plan: 'free' } }),
      event('ann', 'view', '01', { properties: { plan: 'free' } }),
      event('ann', 'view', '01', { properties: { plan: 'pro' } }),
    ]),
    ...trends([''], by(1, 'plan')),
    answer: ['0 buy pro: 01=1 total 1', '0 view free: 01=2 total 2', '0 view (others): 01=1 total 1'],
  },
  {
    name: 'keeps a value apart that is called like the others',
    world: world([
      event('ann', 'view', '01', { properties: { plan: '$others' } }),
      event('ann', 'view', '01', { properties: { plan: '$others' } }),
      event('ann', 'view', '01', { properties: { plan: 'pro' } }),
    ]),
    ...trends(['view'], by(1, 'plan')),
    answer: ['0 view $others: 01=2 total 2', '0 view (others): 01=1 total 1'],
  },
];
