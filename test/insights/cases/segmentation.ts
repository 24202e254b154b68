import type { Aggregation, SegmentationQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import { type Case, equals, event, june, only, select, window, world } from './write.js';

function segmentation(
  selectors: readonly string[],
  aggregation: Aggregation = { type: 'total' },
  parts: Partial<SegmentationQuery> = {},
) {
  const query: SegmentationQuery = {
    ...june,
    type: 'segmentation',
    events: selectors.map(select),
    aggregation,
    ...parts,
  };
  return { question: query };
}

const shop = world(
  [
    event('anon-1', 'view', '01', { properties: { amount: 1, plan: 'pro' } }),
    event('ann', 'view', '02', { properties: { amount: '2' } }),
    event('ann', 'buy', '03', { properties: { amount: 4.5, plan: 'pro' } }),
    event('bob', 'buy', '04', { properties: { amount: 'much' } }),
    event('cookieless-x', 'view', '05', { cookieless: true }),
    event('', 'view', '06'),
    event('bot', 'view', '07', { bot: true }),
  ],
  { ann: { aliases: ['anon-1'] } },
);

const unique: Aggregation = { type: 'unique_users' };

export const segmentationCases: readonly Case[] = [
  { name: 'counts events', world: shop, ...segmentation(['view']), answer: ['4'] },
  {
    name: 'counts events that match any selector once',
    world: shop,
    ...segmentation(['view', ' plan=pro']),
    answer: ['5'],
  },
  { name: 'counts events of any kind', world: shop, ...segmentation(['']), answer: ['6'] },
  { name: 'is 0 when nothing matches', world: shop, ...segmentation(['unheard']), answer: ['0'] },
  { name: 'counts persons', world: shop, ...segmentation([''], unique), answer: ['2'] },
  {
    name: 'counts no person when nothing matches',
    world: shop,
    ...segmentation(['unheard'], unique),
    answer: ['0'],
  },
  {
    name: 'counts ids when identities stay apart',
    world: shop,
    ...segmentation([''], unique, { mergeIdentities: false }),
    answer: ['3'],
  },
  {
    name: 'counts persons of a day when asked to',
    world: shop,
    ...segmentation([''], unique, { includeCookieless: true }),
    answer: ['3'],
  },
  {
    name: 'counts bots when asked to',
    world: shop,
    ...segmentation(['view'], unique, { includeBots: true }),
    answer: ['2'],
  },
  {
    name: 'divides events by persons',
    world: shop,
    ...segmentation([''], { type: 'per_user_average' }),
    answer: ['2'],
  },
  {
    name: 'divides nothing by nothing to 0',
    world: shop,
    ...segmentation(['unheard'], { type: 'per_user_average' }),
    answer: ['0'],
  },
  { name: 'sums', world: shop, ...segmentation([''], { type: 'sum', property: 'amount' }), answer: ['7.5'] },
  {
    name: 'averages',
    world: shop,
    ...segmentation([''], { type: 'average', property: 'amount' }),
    answer: ['2.5'],
  },
  {
    name: 'averages nothing to 0',
    world: shop,
    ...segmentation([''], { type: 'average', property: 'nothing' }),
    answer: ['0'],
  },
  {
    name: 'finds the smallest',
    world: shop,
    ...segmentation([''], { type: 'minimum', property: 'amount' }),
    answer: ['1'],
  },
  {
    name: 'finds the largest',
    world: shop,
    ...segmentation([''], { type: 'maximum', property: 'amount' }),
    answer: ['4.5'],
  },
  {
    name: 'keeps to the window',
    world: shop,
    ...segmentation([''], { type: 'total' }, window('02', '04')),
    answer: ['2'],
  },
  {
    name: 'fulfils the filters of the question and of the selector',
    world: shop,
    ...segmentation(['view plan=pro', 'buy'], { type: 'total' }, only(equals('plan=pro'))),
    answer: ['2'],
  },
];
