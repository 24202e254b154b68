import { free, funnel, HOUR, plan, pro, sameMillisecond, shop } from './funnel-parts.js';
import { type Case, equals, event, only, window, world } from './write.js';

const anonymousThenKnown = world(
  [
    event('anon-1', 'view', '02 10:00'),
    event('ann', 'buy', '02 10:05'),
    event('prof-ann', 'thank', '02 10:06'),
  ],
  { ann: { aliases: ['anon-1'], traits: { plan: 'gold' } } },
);

export const funnelCases: readonly Case[] = [
  {
    name: 'counts who came as far as each step',
    world: shop,
    question: funnel(['view', 'cart', 'buy']),
    answer: ['(all): 3 2 1'],
  },
  {
    name: 'with one step counts who did it',
    world: shop,
    question: funnel(['view']),
    answer: ['(all): 3'],
  },
  {
    name: 'has no series when no event matches a step',
    world: shop,
    question: funnel(['unheard', 'of']),
    answer: [],
  },
  {
    name: 'has zeros when events match later steps only',
    world: shop,
    question: funnel(['unheard', 'buy']),
    answer: ['(all): 0 0'],
  },
  {
    name: 'wants the steps in their order',
    world: world([event('ann', 'buy', '02 10:00'), event('ann', 'view', '02 11:00')]),
    question: funnel(['view', 'buy']),
    answer: ['(all): 1 0'],
  },
  {
    name: 'allows other events in between',
    world: world([
      event('ann', 'view', '02 10:00'),
      event('ann', 'search', '02 10:01'),
      event('ann', 'view', '02 10:02'),
      event('ann', 'buy', '02 10:03'),
    ]),
    question: funnel(['view', 'buy']),
    answer: ['(all): 1 1'],
  },
  {
    name: 'does not skip a step',
    world: world([event('ann', 'view', '02 10:00'), event('ann', 'buy', '02 10:03')]),
    question: funnel(['view', 'cart', 'buy']),
    answer: ['(all): 1 0 0'],
  },
  {
    name: 'counts a conversion that takes exactly the conversion window',
    world: world([event('ann', 'view', '02 10:00'), event('ann', 'buy', '02 11:00:00.000')]),
    question: funnel(['view', 'buy'], { conversionMs: HOUR }),
    answer: ['(all): 1 1'],
  },
  {
    name: 'does not count one that takes a millisecond longer',
    world: world([event('ann', 'view', '02 10:00'), event('ann', 'buy', '02 11:00:00.001')]),
    question: funnel(['view', 'buy'], { conversionMs: HOUR }),
    answer: ['(all): 1 0'],
  },
  {
    name: 'measures the conversion window from the first step, not from the step before',
    world: world([
      event('ann', 'view', '02 10:00'),
      event('ann', 'cart', '02 10:40'),
      event('ann', 'buy', '02 11:20'),
    ]),
    question: funnel(['view', 'cart', 'buy'], { conversionMs: HOUR }),
    answer: ['(all): 1 1 0'],
  },
  {
    name: 'restarts at a later first step',
    world: world([
      event('ann', 'view', '02 08:00'),
      event('ann', 'view', '02 10:30'),
      event('ann', 'buy', '02 11:00'),
    ]),
    question: funnel(['view', 'buy'], { conversionMs: HOUR }),
    answer: ['(all): 1 1'],
  },
  {
    name: 'keeps the progress of an earlier attempt when a later one begins',
    world: world([
      event('ann', 'view', '02 10:00'),
      event('ann', 'cart', '02 10:10'),
      event('ann', 'view', '02 10:20'),
      event('ann', 'buy', '02 10:30'),
    ]),
    question: funnel(['view', 'cart', 'buy'], { conversionMs: HOUR }),
    answer: ['(all): 1 1 1'],
  },
  {
    name: 'does not mix two attempts',
    world: world([
      event('ann', 'view', '02 10:00'),
      event('ann', 'cart', '02 10:10'),
      event('ann', 'view', '02 11:30'),
      event('ann', 'buy', '02 11:40'),
    ]),
    question: funnel(['view', 'cart', 'buy'], { conversionMs: HOUR }),
    answer: ['(all): 1 1 0'],
  },
  {
    name: 'counts the best attempt, not the last',
    world: world([
      event('ann', 'view', '02 10:00'),
      event('ann', 'cart', '02 10:10'),
      event('ann', 'buy', '02 10:20'),
      event('ann', 'view', '05 10:00'),
    ]),
    question: funnel(['view', 'cart', 'buy'], { conversionMs: HOUR }),
    answer: ['(all): 1 1 1'],
  },
  {
    name: 'needs two events for two equal steps',
    world: world([
      event('ann', 'view', '02 10:00'),
      event('bob', 'view', '02 10:00'),
      event('bob', 'view', '02 10:01'),
    ]),
    question: funnel(['view', 'view']),
    answer: ['(all): 2 1'],
  },
  {
    name: 'needs three events for three equal steps',
    world: world([event('ann', 'view', '02 10:00'), event('ann', 'view', '02 10:01')]),
    question: funnel(['view', 'view', 'view']),
    answer: ['(all): 1 1 0'],
  },
  {
    name: 'takes two events of one millisecond for two equal steps',
    world: world([event('ann', 'view', '02 10:00'), event('ann', 'view', '02 10:00')]),
    question: funnel(['view', 'view']),
    answer: ['(all): 1 1'],
  },
  {
    name: 'does not take a retried copy for a second event',
    world: world([
      event('ann', 'view', '02 10:00', { id: 'a' }),
      event('ann', 'view', '02 10:00', { id: 'a', received: 9000 }),
    ]),
    question: funnel(['view', 'view']),
    answer: ['(all): 1 0'],
  },
  {
    name: 'takes another event under the same id for a second event',
    world: world([
      event('ann', 'view', '02 10:00', { id: 'a' }),
      event('ann', 'view', '02 10:01', { id: 'a' }),
    ]),
    question: funnel(['view', 'view']),
    answer: ['(all): 1 1'],
  },
  {
    name: 'orders the events of one millisecond by id: converted',
    world: sameMillisecond('a', 'b'),
    question: funnel(['view', 'buy']),
    answer: ['(all): 1 1'],
  },
  {
    name: 'orders the events of one millisecond by id: not converted',
    world: sameMillisecond('b', 'a'),
    question: funnel(['view', 'buy']),
    answer: ['(all): 1 0'],
  },
  {
    name: 'orders ids by their bytes',
    world: sameMillisecond('ZZ', 'aa'),
    question: funnel(['view', 'buy']),
    answer: ['(all): 1 1'],
  },
  {
    name: 'tells milliseconds apart',
    world: world([event('ann', 'buy', '02 10:00:00.001'), event('ann', 'view', '02 10:00:00.002')]),
    question: funnel(['view', 'buy']),
    answer: ['(all): 1 0'],
  },
  {
    name: 'lets one event be either of two overlapping steps, not both',
    world: world([
      event('ann', 'view', '02 10:00', pro),
      event('bob', 'view', '02 10:00', pro),
      event('bob', 'view', '02 10:01', free),
      event('cid', 'view', '02 10:00', free),
      event('cid', 'view', '02 10:01', pro),
    ]),
    question: funnel(['view', 'view plan=pro']),
    answer: ['(all): 3 1'],
  },
  {
    name: 'takes a step of any kind',
    world: world([event('ann', 'view', '02 10:00'), event('ann', 'shout', '02 10:01')]),
    question: funnel(['view', '']),
    answer: ['(all): 1 1'],
  },
  {
    name: 'applies the conditions of a step to that step only',
    world: world([
      event('ann', 'view', '02 10:00', free),
      event('ann', 'buy', '02 10:01', pro),
      event('bob', 'view', '02 10:00', pro),
      event('bob', 'buy', '02 10:01', free),
    ]),
    question: funnel(['view', 'buy plan=pro']),
    answer: ['(all): 2 1'],
  },
  {
    name: 'applies the conditions of the question to every step',
    world: shop,
    question: funnel(['view', 'cart', 'buy'], only(equals('plan=pro'))),
    answer: ['(all): 1 1 1'],
  },
  {
    name: 'includes the start of its window and excludes the end',
    world: world([
      event('ann', 'view', '02 00:00'),
      event('ann', 'buy', '02 23:59:59.999'),
      event('bob', 'view', '02 00:00'),
      event('bob', 'buy', '03 00:00'),
      event('cid', 'view', '01 23:59:59.999'),
      event('cid', 'buy', '02 10:00'),
    ]),
    question: funnel(['view', 'buy'], window('02', '03')),
    answer: ['(all): 2 1'],
  },
  {
    name: 'leaves out bots',
    world: world([event('ann', 'view', '02 10:00'), event('bot', 'view', '02 10:00', { bot: true })]),
    question: funnel(['view']),
    answer: ['(all): 1'],
  },
  {
    name: 'includes bots when asked to',
    world: world([event('ann', 'view', '02 10:00'), event('bot', 'view', '02 10:00', { bot: true })]),
    question: funnel(['view'], { includeBots: true }),
    answer: ['(all): 2'],
  },
  {
    name: 'leaves out cookieless persons',
    world: world([
      event('ann', 'view', '02 10:00'),
      event('cookieless-1', 'view', '02 10:00', { cookieless: true }),
    ]),
    question: funnel(['view']),
    answer: ['(all): 1'],
  },
  {
    name: 'includes cookieless persons when asked to',
    world: world([
      event('ann', 'view', '02 10:00'),
      event('cookieless-1', 'view', '02 10:00', { cookieless: true }),
    ]),
    question: funnel(['view'], { includeCookieless: true }),
    answer: ['(all): 2'],
  },
  {
    name: 'leaves out events without a person',
    world: world([event('', 'view', '02 10:00'), event('', 'buy', '02 10:01')]),
    question: funnel(['view', 'buy']),
    answer: [],
  },
  {
    name: 'follows a person through alias, external id and profile id',
    world: anonymousThenKnown,
    question: funnel(['view', 'buy', 'thank']),
    answer: ['(all): 1 1 1'],
  },
  {
    name: 'keeps ids apart when identities are not merged',
    world: anonymousThenKnown,
    question: funnel(['view', 'buy', 'thank'], { mergeIdentities: false }),
    answer: ['(all): 1 0 0'],
  },
  {
    name: 'filters by a trait of the person that the id belongs to',
    world: anonymousThenKnown,
    question: funnel(
      ['view', 'buy'],
      only({ property: 'plan', source: 'profile', operator: 'equals', value: 'gold' }),
    ),
    answer: ['(all): 1 1'],
  },
  {
    name: 'breaks down by the value of the first event that matches a step',
    world: shop,
    question: funnel(['view', 'cart', 'buy'], plan(10)),
    answer: ['free: 2 1 0', 'pro: 1 1 1'],
  },
  {
    name: 'gives a group zeros when its persons did later steps only',
    world: world([event('ann', 'view', '02 10:00', pro), event('bob', 'buy', '02 10:00', free)]),
    question: funnel(['view', 'buy'], plan(10)),
    answer: ['pro: 1 0', 'free: 0 0'],
  },
  {
    name: 'breaks down by an event of a later step that came first',
    world: world([event('ann', 'buy', '02 10:00', free), event('ann', 'view', '02 10:01', pro)]),
    question: funnel(['view', 'buy'], plan(10)),
    answer: ['free: 1 0'],
  },
  {
    name: 'orders equally large groups by their values',
    world: world([
      event('ann', 'view', '02 10:00', { properties: { plan: 'b' } }),
      event('bob', 'view', '02 10:00', { properties: { plan: 'a' } }),
      event('cid', 'view', '02 10:00', { properties: { plan: '' } }),
      event('dan', 'view', '02 10:00'),
    ]),
    question: funnel(['view'], plan(10)),
    answer: [': 2', 'a: 1', 'b: 1'],
  },
  {
    name: 'folds what the limit leaves over',
    world: world([
      event('ann', 'view', '02 10:00', pro),
      event('bob', 'view', '02 10:00', pro),
      event('cid', 'view', '02 10:00', free),
      event('dan', 'view', '02 10:00', { properties: { plan: 'trial' } }),
      event('dan', 'buy', '02 10:01'),
    ]),
    question: funnel(['view', 'buy'], plan(1)),
    answer: ['pro: 2 0', '(others): 2 1'],
  },
  {
    name: 'keeps a real value $others apart from the others',
    world: world([
      event('ann', 'view', '02 10:00', { properties: { plan: '$others' } }),
      event('bob', 'view', '02 10:00', pro),
    ]),
    question: funnel(['view'], plan(1)),
    answer: ['$others: 1', '(others): 1'],
  },
  {
    name: 'breaks down by several properties',
    world: world([
      event('ann', 'view', '02 10:00', { properties: { plan: 'pro', $country: 'SE' } }),
      event('bob', 'view', '02 10:00', { properties: { plan: 'pro', $country: 'US' } }),
      event('cid', 'view', '02 10:00', { properties: { plan: 'pro', $country: 'US' } }),
    ]),
    question: funnel(['view'], { breakdown: { properties: ['plan', '$country'], limit: 5 } }),
    answer: ['pro,US: 2', 'pro,SE: 1'],
  },
  {
    name: 'breaks down by the lower id when the first events share a millisecond',
    world: world([
      event('ann', 'view', '02 10:00', { id: 'b', ...free }),
      event('ann', 'view', '02 10:00', { id: 'a', ...pro }),
    ]),
    question: funnel(['view'], plan(10)),
    answer: ['pro: 1'],
  },
];
