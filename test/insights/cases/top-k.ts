import type {
  Aggregation,
  MapQuery,
  TopKQuery,
} from '../../../src/modules/analytics/insight/insight-query.js';
import { type Case, equals, event, june, only, select, window, world } from './write.js';

type Dimension = TopKQuery['dimension'];

function top(dimension: Dimension, parts: Partial<TopKQuery> = {}) {
  const query: TopKQuery = {
    ...june,
    type: 'top_k',
    dimension,
    scope: select(''),
    aggregation: { type: 'total' },
    limit: 10,
    others: true,
    ...parts,
  };
  return { question: query };
}

function map(aggregation: Aggregation, parts: Partial<MapQuery> = {}) {
  const query: MapQuery = { ...june, type: 'map', scope: select(''), aggregation, ...parts };
  return { question: query };
}

const plan: Dimension = { type: 'property', property: 'plan' };
const kind: Dimension = { type: 'kind' };
const person: Dimension = { type: 'person' };
const unique: Aggregation = { type: 'unique_users' };
const amount = (type: 'sum' | 'average' | 'minimum' | 'maximum'): Aggregation => ({
  type,
  property: 'amount',
});

const shop = world([
  event('ann', 'view', '01', { properties: { plan: 'pro', $country: 'SE', amount: 1 } }),
  event('ann', 'view', '02', { properties: { plan: 'pro', $country: 'SE', amount: 3 } }),
  event('bob', 'view', '03', { properties: { plan: 'pro', $country: 'US', amount: 8 } }),
  event('bob', 'buy', '04', { properties: { plan: 'free', $country: 'US', amount: 10 } }),
  event('cid', 'buy', '05', { properties: { plan: 'free', $country: 'DE', amount: -2 } }),
  event('cid', 'help', '06', { properties: { plan: 'team', amount: '20' } }),
  event('bob', 'help', '07'),
]);

const people = world(
  [
    event('anon-1', 'view', '01'),
    event('ann', 'view', '02', { properties: { amount: 2 } }),
    event('prof-ann', 'buy', '03', { properties: { amount: 4 } }),
    event('bob', 'view', '04', { properties: { amount: 7 } }),
    event('bob', 'view', '05'),
    event('zoe', 'view', '06', { properties: { amount: 1 } }),
    event('old', 'view', '06', { properties: { amount: 0.5 } }),
    event('cookieless-x', 'view', '07', { cookieless: true }),
    event('', 'view', '08'),
  ],
  { ann: { aliases: ['anon-1'], traits: { plan: 'gold' } }, old: { deleted: true } },
);

export const topKCases: readonly Case[] = [
  {
    name: 'ranks the values of a property, missing as empty',
    world: shop,
    ...top(plan),
    answer: ['pro: 3', 'free: 2', ': 1', 'team: 1'],
  },
  {
    name: 'folds what the limit leaves over',
    world: shop,
    ...top(plan, { limit: 1 }),
    answer: ['pro: 3', '(others): 4'],
  },
  {
    name: 'leaves the others out when asked to',
    world: shop,
    ...top(plan, { limit: 1, others: false }),
    answer: ['pro: 3'],
  },
  {
    name: 'has no others when nothing is left over',
    world: shop,
    ...top(plan, { limit: 4 }),
    answer: ['pro: 3', 'free: 2', ': 1', 'team: 1'],
  },
  {
    name: 'has no row without an event',
    world: shop,
    ...top(plan, { scope: select('unheard') }),
    answer: [],
  },
  {
    name: 'ranks by persons',
    world: shop,
    ...top(plan, { aggregation: unique }),
    answer: ['free: 2', 'pro: 2', ': 1', 'team: 1'],
  },
  {
    name: 'counts a person among the others once',
    world: shop,
    ...top(plan, { aggregation: unique, limit: 1 }),
    answer: ['free: 2', '(others): 3'],
  },
  {
    name: 'ranks by the sum',
    world: shop,
    ...top(plan, { aggregation: amount('sum') }),
    answer: ['team: 20', 'pro: 12', 'free: 8', ': 0'],
  },
  {
    name: 'averages the others together',
    world: shop,
    ...top(plan, { aggregation: amount('average'), limit: 1 }),
    answer: ['team: 20', '(others): 4'],
  },
  {
    name: 'finds the smallest of the others, not the 0 of nothing',
    world: shop,
    ...top(plan, { aggregation: amount('minimum'), limit: 2 }),
    answer: ['team: 20', 'pro: 1', '(others): -2'],
  },
  {
    name: 'finds the largest of the others',
    world: shop,
    ...top(plan, { aggregation: amount('maximum'), limit: 1 }),
    answer: ['team: 20', '(others): 10'],
  },
  {
    name: 'divides the events of the others by their persons',
    world: shop,
    ...top(plan, { aggregation: { type: 'per_user_average' }, limit: 1 }),
    answer: ['pro: 1.5', '(others): 2'],
  },
  { name: 'ranks kinds', world: shop, ...top(kind), answer: ['view: 3', 'buy: 2', 'help: 2'] },
  {
    name: 'folds kinds',
    world: shop,
    ...top(kind, { limit: 2, aggregation: unique }),
    answer: ['buy: 2', 'help: 2', '(others): 2'],
  },
  { name: 'ranks within a scope', world: shop, ...top(plan, { scope: select('buy') }), answer: ['free: 2'] },
  { name: 'ranks within filters', world: shop, ...top(kind, only(equals('plan=free'))), answer: ['buy: 2'] },
  { name: 'ranks within the window', world: shop, ...top(plan, window('01', '04')), answer: ['pro: 3'] },
  {
    name: 'keeps a value apart that is called like the others',
    world: world([
      event('ann', 'view', '01', { properties: { plan: '$others' } }),
      event('ann', 'view', '01', { properties: { plan: '$others' } }),
      event('ann', 'view', '01'),
    ]),
    ...top(plan, { limit: 1 }),
    answer: ['$others: 2', '(others): 1'],
  },
  {
    name: 'ranks persons under all their ids, with their profiles',
    world: people,
    ...top(person),
    answer: ['prof-ann: 3 ann', 'bob: 2', 'prof-old: 1', 'zoe: 1'],
  },
  {
    name: 'ranks persons merged also when identities stay apart',
    world: people,
    ...top(person, { mergeIdentities: false, limit: 1 }),
    answer: ['prof-ann: 3 ann', '(others): 4'],
  },
  {
    name: 'ranks persons by a sum',
    world: people,
    ...top(person, { aggregation: amount('sum') }),
    answer: ['bob: 7', 'prof-ann: 6 ann', 'zoe: 1', 'prof-old: 0.5'],
  },
  {
    name: 'averages the other persons together',
    world: people,
    ...top(person, { aggregation: amount('average'), limit: 2 }),
    answer: ['bob: 7', 'prof-ann: 3 ann', '(others): 0.75'],
  },
  {
    name: 'ranks persons of a day when asked to, and never no person',
    world: people,
    ...top(person, { includeCookieless: true, scope: select('view') }),
    answer: ['bob: 2', 'prof-ann: 2 ann', 'cookieless-x: 1', 'prof-old: 1', 'zoe: 1'],
  },
];

export const mapCases: readonly Case[] = [
  {
    name: 'ranks countries, without events of unknown ones',
    world: shop,
    ...map({ type: 'total' }),
    answer: ['SE: 2', 'US: 2', 'DE: 1'],
  },
  { name: 'ranks countries by persons', world: shop, ...map(unique), answer: ['DE: 1', 'SE: 1', 'US: 1'] },
  {
    name: 'ranks countries by a sum',
    world: shop,
    ...map(amount('sum')),
    answer: ['US: 18', 'SE: 4', 'DE: -2'],
  },
  {
    name: 'averages by country',
    world: shop,
    ...map(amount('average')),
    answer: ['US: 9', 'SE: 2', 'DE: -2'],
  },
  {
    name: 'divides events by persons',
    world: shop,
    ...map({ type: 'per_user_average' }),
    answer: ['SE: 2', 'US: 2', 'DE: 1'],
  },
  {
    name: 'ranks within a scope',
    world: shop,
    ...map({ type: 'total' }, { scope: select('buy') }),
    answer: ['DE: 1', 'US: 1'],
  },
  {
    name: 'leaves out what is no country code',
    world: world(
      ['SE', 'se', 'Sweden', 'SWE', 'S1', 'SE\n'].map((country) =>
        event('ann', 'view', '01 10:00', { properties: { $country: country } }),
      ),
    ),
    ...map({ type: 'total' }),
    answer: ['SE: 1'],
  },
];
