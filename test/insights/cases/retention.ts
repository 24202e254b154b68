import type { RetentionQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import { at, type Case, equals, event, june, only, select, window, world } from './write.js';

function retention(start: string, back: string, parts: Partial<RetentionQuery> = {}): RetentionQuery {
  return {
    ...june,
    ...window('01', '05'),
    type: 'retention',
    granularity: 'day',
    start: select(start),
    return: select(back),
    ...parts,
  };
}

const plan = (limit: number) => ({ breakdown: { properties: ['plan'], limit } });
const pro = { properties: { plan: 'pro' } };
const free = { properties: { plan: 'free' } };

const visits = world([
  event('ann', 'view', '01 10:00'),
  event('ann', 'view', '02 10:00'),
  event('ann', 'view', '04 10:00'),
  event('bob', 'view', '01 12:00'),
  event('cid', 'view', '03 10:00'),
  event('cid', 'buy', '04 10:00'),
]);

export const retentionCases: readonly Case[] = [
  {
    name: 'counts who comes back by the event that they started with',
    world: visits,
    question: retention('view', 'view'),
    answer: ['(all) 01: 2: 2 1 0 1', '(all) 03: 1: 1 0'],
  },
  {
    name: 'counts who comes back by another event',
    world: visits,
    question: retention('view', 'buy'),
    answer: ['(all) 01: 2: 0 0 0 0', '(all) 03: 1: 0 1'],
  },
  {
    name: 'has no series without a start',
    world: visits,
    question: retention('unheard', 'view'),
    answer: [],
  },
  {
    name: 'keeps a cohort of which no person returns',
    world: world([event('ann', 'signup', '02 10:00')]),
    question: retention('signup', 'view'),
    answer: ['(all) 02: 1: 0 0 0'],
  },
  {
    name: 'counts a person once in a bucket',
    world: world([
      event('ann', 'view', '01 10:00'),
      event('ann', 'view', '02 10:00'),
      event('ann', 'view', '02 11:00'),
    ]),
    question: retention('view', 'view'),
    answer: ['(all) 01: 1: 1 1 0 0'],
  },
  {
    name: 'puts a person into the cohort of the first start only',
    world: world([event('ann', 'signup', '01 10:00'), event('ann', 'signup', '03 10:00')]),
    question: retention('signup', 'signup'),
    answer: ['(all) 01: 1: 1 0 1 0'],
  },
  {
    name: 'does not count a return before the start, within the same bucket',
    world: world([event('ann', 'view', '01 09:00'), event('ann', 'signup', '01 10:00')]),
    question: retention('signup', 'view'),
    answer: ['(all) 01: 1: 0 0 0 0'],
  },
  {
    name: 'counts a return later in the bucket of the start',
    world: world([event('ann', 'signup', '01 10:00'), event('ann', 'view', '01 11:00')]),
    question: retention('signup', 'view'),
    answer: ['(all) 01: 1: 1 0 0 0'],
  },
  {
    name: 'counts a return in the millisecond of the start',
    world: world([
      event('ann', 'signup', '01 10:00', { id: 'b' }),
      event('ann', 'view', '01 10:00', { id: 'a' }),
    ]),
    question: retention('signup', 'view'),
    answer: ['(all) 01: 1: 1 0 0 0'],
  },
  {
    name: 'takes the first start inside the window, not the first of all',
    world: world([
      event('ann', 'view', '01 10:00'),
      event('ann', 'view', '03 10:00'),
      event('ann', 'view', '05 00:00'),
    ]),
    question: retention('view', 'view', window('02', '05')),
    answer: ['(all) 03: 1: 1 0'],
  },
  {
    name: 'labels a bucket that the window begins in with its own start',
    world: world([event('ann', 'view', '01 05:00'), event('bob', 'view', '01 13:00')]),
    question: retention('view', 'view', window('01 12:00', '03')),
    answer: ['(all) 01: 1: 1 0'],
  },
  {
    name: 'begins weeks on Sunday',
    world: world([
      event('ann', 'view', '06 23:59'),
      event('bob', 'view', '07 00:00'),
      event('bob', 'view', '14 00:00'),
    ]),
    question: retention('view', 'view', { ...window('06', '15'), granularity: 'week' }),
    answer: ['(all) 31: 1: 1 0 0', '(all) 07: 1: 1 1'],
  },
  {
    name: 'begins days at midnight of the zone',
    world: world([event('ann', 'view', '01 03:00'), event('ann', 'view', '01 05:00')]),
    question: retention('view', 'view', {
      window: { from: at('01'), to: at('02') },
      zone: 'America/New_York',
    }),
    answer: ['(all) 31 04:00: 1: 1 1'],
  },
  {
    name: 'applies the conditions of the question to start and return',
    world: world([
      event('ann', 'view', '01 10:00', pro),
      event('ann', 'view', '02 10:00', free),
      event('bob', 'view', '01 10:00', free),
    ]),
    question: retention('view', 'view', only(equals('plan=pro'))),
    answer: ['(all) 01: 1: 1 0 0 0'],
  },
  {
    name: 'applies the conditions of the return to the return',
    world: world([
      event('ann', 'view', '01 10:00', free),
      event('ann', 'view', '02 10:00', pro),
      event('ann', 'view', '03 10:00', free),
    ]),
    question: retention('view', 'view plan=pro'),
    answer: ['(all) 01: 1: 0 1 0 0'],
  },
  {
    name: 'follows a person from one id to the next',
    world: world([event('anon-1', 'view', '01 10:00'), event('ann', 'view', '02 10:00')], {
      ann: { aliases: ['anon-1'] },
    }),
    question: retention('view', 'view'),
    answer: ['(all) 01: 1: 1 1 0 0'],
  },
  {
    name: 'keeps ids apart when identities are not merged',
    world: world([event('anon-1', 'view', '01 10:00'), event('ann', 'view', '02 10:00')], {
      ann: { aliases: ['anon-1'] },
    }),
    question: retention('view', 'view', { mergeIdentities: false }),
    answer: ['(all) 01: 1: 1 0 0 0', '(all) 02: 1: 1 0 0'],
  },
  {
    name: 'leaves out bots, cookieless persons and events without a person',
    world: world([
      event('bot', 'view', '01 10:00', { bot: true }),
      event('cookieless-1', 'view', '01 10:00', { cookieless: true }),
      event('', 'view', '01 10:00'),
      event('ann', 'view', '01 10:00'),
    ]),
    question: retention('view', 'view'),
    answer: ['(all) 01: 1: 1 0 0 0'],
  },
  {
    name: 'breaks down by the first start',
    world: world([
      event('ann', 'view', '01 10:00', pro),
      event('ann', 'view', '02 10:00', free),
      event('bob', 'view', '01 10:00', free),
      event('cid', 'view', '02 10:00', free),
    ]),
    question: retention('view', 'view', plan(10)),
    answer: ['free 01: 1: 1 0 0 0', 'free 02: 1: 1 0 0', 'pro 01: 1: 1 1 0 0'],
  },
  {
    name: 'ranks by persons, not by how often they return, and folds the rest',
    world: world([
      event('ann', 'view', '01 10:00', pro),
      event('ann', 'view', '02 10:00', pro),
      event('ann', 'view', '03 10:00', pro),
      event('bob', 'view', '01 10:00', free),
      event('cid', 'view', '02 10:00', free),
      event('dan', 'view', '01 10:00', { properties: { plan: 'trial' } }),
      event('dan', 'view', '03 10:00'),
    ]),
    question: retention('view', 'view', plan(1)),
    answer: ['free 01: 1: 1 0 0 0', 'free 02: 1: 1 0 0', '(others) 01: 2: 2 1 2 0'],
  },
  {
    name: 'breaks down by the lower id when the first starts share a millisecond',
    world: world([
      event('ann', 'view', '01 10:00', { id: 'b', ...free }),
      event('ann', 'view', '01 10:00', { id: 'a', ...pro }),
    ]),
    question: retention('view', 'view', plan(10)),
    answer: ['pro 01: 1: 1 0 0 0'],
  },
];
