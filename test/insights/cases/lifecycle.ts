import type {
  LifecycleQuery,
  StickinessQuery,
} from '../../../src/modules/analytics/insight/insight-query.js';
import { at, type Case, equals, event, june, only, select, window, world } from './write.js';

/** Each line of an answer: new, returning, resurrecting and dormant persons. */
function lifecycle(kind: string, parts: Partial<LifecycleQuery> = {}): LifecycleQuery {
  return {
    ...june,
    ...window('03', '06'),
    type: 'lifecycle',
    granularity: 'day',
    event: select(kind),
    ...parts,
  };
}

function stickiness(kind: string, parts: Partial<StickinessQuery> = {}): StickinessQuery {
  return {
    ...june,
    ...window('03', '06'),
    type: 'stickiness',
    granularity: 'day',
    event: select(kind),
    ...parts,
  };
}

const views = (person: string, ...times: string[]) => times.map((time) => event(person, 'view', time));

export const lifecycleCases: readonly Case[] = [
  {
    name: 'has zeros for every bucket without events',
    world: world([]),
    question: lifecycle('view'),
    answer: ['03: 0 0 0 0', '04: 0 0 0 0', '05: 0 0 0 0'],
  },
  {
    name: 'is new once, then returning',
    world: world(views('ann', '03 10:00', '04 10:00', '05 10:00')),
    question: lifecycle('view'),
    answer: ['03: 1 0 0 0', '04: 0 1 0 0', '05: 0 1 0 0'],
  },
  {
    name: 'is dormant in the bucket after the last',
    world: world(views('ann', '03 10:00')),
    question: lifecycle('view'),
    answer: ['03: 1 0 0 0', '04: 0 0 0 -1', '05: 0 0 0 0'],
  },
  {
    name: 'is resurrecting after a gap',
    world: world(views('ann', '03 10:00', '05 10:00')),
    question: lifecycle('view'),
    answer: ['03: 1 0 0 0', '04: 0 0 0 -1', '05: 0 0 1 0'],
  },
  {
    name: 'knows the bucket before the window',
    world: world([...views('ann', '02 10:00', '03 10:00'), ...views('bob', '02 10:00')]),
    question: lifecycle('view'),
    answer: ['03: 0 1 0 -1', '04: 0 0 0 -1', '05: 0 0 0 0'],
  },
  {
    name: 'knows all of history: who was seen long ago is not new',
    world: world([event('ann', 'view', '01 10:00'), event('ann', 'view', '04 10:00')]),
    question: lifecycle('view'),
    answer: ['03: 0 0 0 0', '04: 0 0 1 0', '05: 0 0 0 -1'],
  },
  {
    name: 'knows only history of the event that is asked for',
    world: world([event('ann', 'visit', '02 10:00'), ...views('ann', '04 10:00')]),
    question: lifecycle('view'),
    answer: ['03: 0 0 0 0', '04: 1 0 0 0', '05: 0 0 0 -1'],
  },
  {
    name: 'does not look behind the end of the window',
    world: world(views('ann', '05 10:00', '06 00:00')),
    question: lifecycle('view'),
    answer: ['03: 0 0 0 0', '04: 0 0 0 0', '05: 1 0 0 0'],
  },
  {
    name: 'counts a person once in a bucket',
    world: world(views('ann', '03 10:00', '03 11:00', '03 12:00')),
    question: lifecycle('view', window('03', '04')),
    answer: ['03: 1 0 0 0'],
  },
  {
    name: 'calls no person new in a first bucket that began before the window, if their first event is in history',
    world: world(views('ann', '02 10:00', '03 14:00')),
    question: lifecycle('view', window('03 12:00', '04')),
    answer: ['03: 0 1 0 0'],
  },
  {
    name: 'calls a person new who began earlier in the same bucket, and counts no activity before the window',
    world: world([...views('ann', '03 10:00', '03 14:00'), ...views('bob', '03 10:00')]),
    question: lifecycle('view', window('03 12:00', '05')),
    answer: ['03: 1 0 0 0', '04: 0 0 0 -2'],
  },
  {
    name: 'begins weeks on Sunday',
    world: world(views('ann', '06 10:00', '07 10:00', '20 10:00')),
    question: lifecycle('view', { ...window('07', '21'), granularity: 'week' }),
    answer: ['07: 0 1 0 0', '14: 0 1 0 0'],
  },
  {
    name: 'begins days at midnight of the zone',
    world: world(views('ann', '03 03:00', '03 05:00')),
    question: lifecycle('view', {
      zone: 'America/New_York',
      window: { from: at('02 04:00'), to: at('04 04:00') },
    }),
    answer: ['02 04:00: 1 0 0 0', '03 04:00: 0 1 0 0'],
  },
  {
    name: 'follows a person from one id to the next',
    world: world([...views('anon-1', '03 10:00'), ...views('ann', '04 10:00')], {
      ann: { aliases: ['anon-1'] },
    }),
    question: lifecycle('view'),
    answer: ['03: 1 0 0 0', '04: 0 1 0 0', '05: 0 0 0 -1'],
  },
  {
    name: 'keeps ids apart when identities are not merged',
    world: world([...views('anon-1', '03 10:00'), ...views('ann', '04 10:00')], {
      ann: { aliases: ['anon-1'] },
    }),
    question: lifecycle('view', { mergeIdentities: false }),
    answer: ['03: 1 0 0 0', '04: 1 0 0 -1', '05: 0 0 0 -1'],
  },
  {
    name: 'leaves out bots, cookieless persons, events without a person, and what the conditions exclude',
    world: world([
      event('bot', 'view', '03 10:00', { bot: true, properties: { plan: 'pro' } }),
      event('cookieless-1', 'view', '03 10:00', { cookieless: true, properties: { plan: 'pro' } }),
      event('', 'view', '03 10:00', { properties: { plan: 'pro' } }),
      event('ann', 'view', '03 10:00', { properties: { plan: 'pro' } }),
      event('bob', 'view', '03 10:00', { properties: { plan: 'free' } }),
    ]),
    question: lifecycle('view', { ...window('03', '04'), ...only(equals('plan=pro')) }),
    answer: ['03: 1 0 0 0'],
  },
];

export const stickinessCases: readonly Case[] = [
  {
    name: 'has a zero for every number of buckets without events',
    world: world([]),
    question: stickiness('view'),
    answer: ['0 0 0'],
  },
  {
    name: 'counts persons by the number of their buckets',
    world: world([
      ...views('ann', '03 10:00', '04 10:00', '05 10:00'),
      ...views('bob', '03 10:00', '05 10:00'),
      ...views('cid', '05 10:00'),
      ...views('dan', '03 10:00', '03 12:00'),
    ]),
    question: stickiness('view'),
    answer: ['2 1 1'],
  },
  {
    name: 'sees only the window',
    world: world(views('ann', '02 23:59:59.999', '03 00:00', '05 23:59:59.999', '06 00:00')),
    question: stickiness('view'),
    answer: ['0 1 0'],
  },
  {
    name: 'sees only the event that is asked for',
    world: world([...views('ann', '03 10:00'), event('ann', 'buy', '04 10:00')]),
    question: stickiness('view'),
    answer: ['1 0 0'],
  },
  {
    name: 'takes events of any kind when asked to',
    world: world([...views('ann', '03 10:00'), event('ann', 'buy', '04 10:00')]),
    question: stickiness(''),
    answer: ['0 1 0'],
  },
  {
    name: 'merges the ids of a person',
    world: world([...views('anon-1', '03 10:00'), ...views('ann', '04 10:00')], {
      ann: { aliases: ['anon-1'] },
    }),
    question: stickiness('view'),
    answer: ['0 1 0'],
  },
  {
    name: 'keeps ids apart when identities are not merged',
    world: world([...views('anon-1', '03 10:00'), ...views('ann', '04 10:00')], {
      ann: { aliases: ['anon-1'] },
    }),
    question: stickiness('view', { mergeIdentities: false }),
    answer: ['2 0 0'],
  },
  {
    name: 'counts hours by the hour',
    world: world(views('ann', '03 10:00', '03 10:59', '03 11:00')),
    question: stickiness('view', { ...window('03 10:00', '03 13:00'), granularity: 'hour' }),
    answer: ['0 1 0'],
  },
  {
    name: 'leaves out bots, cookieless persons and events without a person',
    world: world([
      event('bot', 'view', '03 10:00', { bot: true }),
      event('cookieless-1', 'view', '03 10:00', { cookieless: true }),
      event('', 'view', '03 10:00'),
    ]),
    question: stickiness('view'),
    answer: ['0 0 0'],
  },
];
