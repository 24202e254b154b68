import { free, funnel, HOUR, plan, pro, sameMillisecond, shop } from './funnel-parts.js';
import { type Case, each, event, world } from './write.js';

/** Twenty persons, the nth of whom takes n seconds. */
const twenty = world(
  each(
    Array.from({ length: 20 }, (_, index) => String(index + 1).padStart(2, '0')),
    (n) => [event(n, 'view', '02 10:00:00'), event(n, 'buy', `02 10:00:${n}`)],
  ),
);

export const funnelTimingCases: readonly Case[] = [
  {
    name: 'tells how long the steps took',
    world: shop,
    question: funnel(['view', 'cart', 'buy'], { timing: true }),
    answer: [
      '(all): 3 2 1',
      // Ann takes ten minutes, Bob a day.
      '  step 2: 43500000 43500000 86400000 [0 0 0 1 0 0 0 1]',
      '  step 3: 3000000 3000000 3000000 [0 0 0 0 1 0 0 0]',
    ],
  },
  {
    name: 'takes the 19th of 20 times as the 95th percentile',
    world: twenty,
    question: funnel(['view', 'buy'], { timing: true }),
    answer: ['(all): 20 20', '  step 2: 10500 10500 19000 [20 0 0 0 0 0 0 0]'],
  },
  {
    name: 'has zero times where no person came',
    world: world([event('ann', 'view', '02 10:00')]),
    question: funnel(['view', 'buy'], { timing: true }),
    answer: ['(all): 1 0', '  step 2: 0 0 0 [0 0 0 0 0 0 0 0]'],
  },
  {
    name: 'puts a time on the boundary into the longer range',
    world: world(
      each(['00:30', '02:00', '05:00', '15:00'], (time) => [
        event(time, 'view', '02 10:00'),
        event(time, 'buy', `02 10:${time}`),
      ]),
    ),
    question: funnel(['view', 'buy'], { timing: true }),
    answer: ['(all): 4 4', '  step 2: 337500 210000 900000 [0 1 1 1 1 0 0 0]'],
  },
  {
    name: 'times the walk from the first of all first steps',
    world: world([
      event('ann', 'view', '02 10:00'),
      event('ann', 'view', '02 10:05'),
      event('ann', 'buy', '02 10:06'),
    ]),
    question: funnel(['view', 'buy'], { timing: true }),
    answer: ['(all): 1 1', '  step 2: 360000 360000 360000 [0 0 0 1 0 0 0 0]'],
  },
  {
    name: 'times no walk that converts only by a restart',
    world: world([
      event('ann', 'view', '02 08:00'),
      event('ann', 'view', '02 10:30'),
      event('ann', 'buy', '02 11:00'),
    ]),
    question: funnel(['view', 'buy'], { timing: true, conversionMs: HOUR }),
    answer: ['(all): 1 1', '  step 2: 0 0 0 [0 0 0 0 0 0 0 0]'],
  },
  {
    name: 'times no equal steps, as every event counts as the first step it matches',
    world: world([event('ann', 'view', '02 10:00'), event('ann', 'view', '02 10:01')]),
    question: funnel(['view', 'view'], { timing: true }),
    answer: ['(all): 1 1', '  step 2: 0 0 0 [0 0 0 0 0 0 0 0]'],
  },
  {
    name: 'times a step of the same millisecond',
    world: sameMillisecond('a', 'b'),
    question: funnel(['view', 'buy'], { timing: true }),
    answer: ['(all): 1 1', '  step 2: 0 0 0 [1 0 0 0 0 0 0 0]'],
  },
  {
    name: 'gives each group its times, and the others none',
    world: world([
      event('ann', 'view', '02 10:00:00', pro),
      event('ann', 'buy', '02 10:00:10'),
      event('bob', 'view', '02 10:00:00', pro),
      event('bob', 'buy', '02 10:00:20'),
      event('cid', 'view', '02 10:00:00', free),
      event('cid', 'buy', '02 10:00:40'),
    ]),
    question: funnel(['view', 'buy'], { timing: true, ...plan(1) }),
    answer: ['pro: 2 2', '  step 2: 15000 15000 20000 [2 0 0 0 0 0 0 0]', '(others): 1 1'],
  },
  {
    name: 'walks twenty steps',
    world: world(
      Array.from({ length: 20 }, (_, step) =>
        event('ann', `k${step}`, `02 10:${String(step).padStart(2, '0')}`),
      ),
    ),
    question: funnel(
      Array.from({ length: 20 }, (_, step) => `k${step}`),
      { timing: true },
    ),
    answer: [
      `(all): ${Array.from({ length: 20 }, () => 1).join(' ')}`,
      ...Array.from({ length: 19 }, (_, step) => `  step ${step + 2}: 60000 60000 60000 [0 1 0 0 0 0 0 0]`),
    ],
  },
];
