import type { SessionMetric, SessionsQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import { type Case, equals, event, june, only, select, window, world } from './write.js';

function sessions(metric: SessionMetric, parts: Partial<SessionsQuery> & { readonly of?: string } = {}) {
  const { of = '', ...rest } = parts;
  const query: SessionsQuery = { ...june, type: 'sessions', metric, scope: select(of), ...rest };
  return { question: query };
}

const day = { granularity: 'day' } as const;
const by = (limit: number, ...properties: string[]) => ({ breakdown: { properties, limit } });
const at = (page: string) => ({ properties: { $pathname: page } });

/** a: two events in 30 s; b: one event; c: three events over midnight, two minutes. */
const visits = world([
  event('ann', 'view', '01 10:00:00', { session: 'a', ...at('/') }),
  event('ann', 'click', '01 10:00:30', { session: 'a', ...at('/buy') }),
  event('bob', 'view', '02 10:00:00', { session: 'b', ...at('/') }),
  event('bob', 'view', '02 23:59:00', { session: 'c', ...at('/help') }),
  event('bob', 'click', '03 00:00:00', { session: 'c', ...at('/help') }),
  event('bob', 'view', '03 00:01:00', { session: 'c', ...at('/') }),
  event('bob', 'view', '03 10:00:00'),
]);

const login = world(
  [
    event('anon-1', 'view', '01 10:00:00', { session: 's' }),
    event('ann', 'view', '01 10:00:10', { session: 's' }),
    event('bob', 'view', '01 10:00:20', { session: 's' }),
    event('', 'view', '01 10:00:30', { session: 's' }),
  ],
  { ann: { aliases: ['anon-1'] } },
);

const pages = world([
  ...['a', 'b', 'c'].map((session) => event('ann', 'view', '01 10:00', { session, ...at('/') })),
  ...['a', 'b'].map((session) => event('ann', 'view', '01 10:02', { session, ...at('/price') })),
  event('ann', 'view', '01 10:00', { session: 'd', ...at('/help') }),
  event('ann', 'view', '02 10:00', { session: 'e', ...at('/jobs') }),
  event('ann', 'view', '02 10:04', { session: 'e', ...at('/jobs') }),
]);

const tie = (first: string, second: string) =>
  world([
    event('ann', 'view', '01 10:00', { id: first, session: 's', ...at('/first') }),
    event('ann', 'view', '01 10:00', { id: second, session: 's', ...at('/second') }),
  ]);

export const sessionCases: readonly Case[] = [
  {
    name: 'counts sessions by the day of their first event',
    world: visits,
    ...sessions('sessions', day),
    answer: ['(all): 01=1 02=2 total 3'],
  },
  {
    name: 'counts sessions of the window',
    world: visits,
    ...sessions('sessions'),
    answer: ['(all): 01=3 total 3'],
  },
  {
    name: 'has no series without a session',
    world: visits,
    ...sessions('sessions', { of: 'unheard' }),
    answer: [],
  },
  {
    name: 'means the duration in seconds',
    world: visits,
    ...sessions('average_duration', day),
    answer: ['(all): 01=30 02=60 total 50'],
  },
  {
    name: 'counts one event as a bounce, in percent',
    world: visits,
    ...sessions('bounce_rate', { ...day, ...window('02', '03') }),
    answer: ['(all): 02=50 total 50'],
  },
  {
    name: 'means the number of events',
    world: visits,
    ...sessions('average_events', day),
    answer: ['(all): 01=2 02=2 total 2'],
  },
  {
    name: 'leaves out a session that began before the window',
    world: visits,
    ...sessions('sessions', { ...day, ...window('03', '04') }),
    answer: [],
  },
  {
    name: 'follows a session beyond the window',
    world: visits,
    ...sessions('average_events', { ...day, ...window('02', '03') }),
    answer: ['(all): 02=2 total 2'],
  },
  {
    name: 'begins a session with its first event in scope',
    world: visits,
    ...sessions('average_duration', { ...day, of: 'view' }),
    answer: ['(all): 01=0 02=60 total 40'],
  },
  {
    name: 'makes sessions of events that fulfil the filters',
    world: visits,
    ...sessions('bounce_rate', { ...day, ...only(equals('$pathname=/')) }),
    answer: ['(all): 01=100 02=100 03=100 total 100'],
  },
  {
    name: 'begins days in the zone',
    world: visits,
    ...sessions('sessions', { ...day, zone: 'Asia/Kolkata' }),
    answer: ['(all): 31 18:30=1 01 18:30=1 02 18:30=1 total 3'],
  },
  {
    name: 'continues through a login, and apart for each person',
    world: login,
    ...sessions('average_events', day),
    answer: ['(all): 01=1.3333333333333333 total 1.3333333333333333'],
  },
  {
    name: 'continues through a login also when identities stay apart',
    world: login,
    ...sessions('sessions', { ...day, mergeIdentities: false }),
    answer: ['(all): 01=3 total 3'],
  },
  {
    name: 'includes persons of a day, and bots when asked to',
    world: world([
      event('cookieless-x', 'view', '01', { session: 'a', cookieless: true }),
      event('bot', 'view', '01', { session: 'b', bot: true }),
    ]),
    ...sessions('sessions', { includeBots: true }),
    answer: ['(all): 01=2 total 2'],
  },
  {
    name: 'includes persons of a day, and no bots',
    world: world([
      event('cookieless-x', 'view', '01', { session: 'a', cookieless: true }),
      event('bot', 'view', '01', { session: 'b', bot: true }),
    ]),
    ...sessions('sessions'),
    answer: ['(all): 01=1 total 1'],
  },
  {
    name: 'counts entries by the first event',
    world: pages,
    ...sessions('entry', { ...day, ...by(10, '$pathname') }),
    answer: ['/: 01=3 total 3', '/help: 01=1 total 1', '/jobs: 02=1 total 1'],
  },
  {
    name: 'counts exits by the last event',
    world: pages,
    ...sessions('exit', { ...day, ...by(10, '$pathname') }),
    answer: ['/price: 01=2 total 2', '/: 01=1 total 1', '/help: 01=1 total 1', '/jobs: 02=1 total 1'],
  },
  {
    name: 'folds entries that the limit leaves over',
    world: pages,
    ...sessions('entry', { ...day, ...by(1, '$pathname') }),
    answer: ['/: 01=3 total 3', '(others): 01=1 02=1 total 2'],
  },
  {
    name: 'breaks other metrics down by the first event, and folds them exactly',
    world: pages,
    ...sessions('average_duration', { ...day, ...by(1, '$pathname') }),
    answer: ['/jobs: 02=240 total 240', '(others): 01=60 total 60'],
  },
  {
    name: 'ranks bounces by their rate over the window',
    world: pages,
    ...sessions('bounce_rate', by(1, '$pathname')),
    answer: ['/help: 01=100 total 100', '(others): 01=25 total 25'],
  },
  {
    name: 'takes the smaller id as the first of one millisecond',
    world: tie('x1', 'x2'),
    ...sessions('entry', by(10, '$pathname')),
    answer: ['/first: 01=1 total 1'],
  },
  {
    name: 'takes the smaller id as the first, however they came',
    world: tie('x2', 'x1'),
    ...sessions('entry', by(10, '$pathname')),
    answer: ['/second: 01=1 total 1'],
  },
  {
    name: 'takes the larger id as the last of one millisecond',
    world: tie('x1', 'x2'),
    ...sessions('exit', by(10, '$pathname')),
    answer: ['/second: 01=1 total 1'],
  },
  {
    name: 'counts a retried event once',
    world: world([
      event('ann', 'view', '01', { id: 'one', session: 's' }),
      event('ann', 'view', '01', { id: 'one', session: 's', received: 5000 }),
    ]),
    ...sessions('bounce_rate'),
    answer: ['(all): 01=100 total 100'],
  },
];
