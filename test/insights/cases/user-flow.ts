import type { UserFlowQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import { type Case, each, equals, event, june, only, select, window, world } from './write.js';

function flow(parts: Partial<UserFlowQuery> = {}): UserFlowQuery {
  return {
    ...june,
    type: 'user_flow',
    node: { type: 'kind' },
    scope: select(''),
    maxHops: 5,
    maxNodes: 20,
    maxLinks: 250,
    ...parts,
  };
}

/** A session of a person: one kind a minute. */
const session = (person: string, kinds: string, day = '02') =>
  kinds
    .split(' ')
    .map((kind, minute) =>
      event(person, kind, `${day} 10:${String(minute).padStart(2, '0')}`, { session: `s-${person}` }),
    );

const path = (person: string, pages: readonly string[]) =>
  pages.map((page, minute) =>
    event(person, 'view', `02 10:0${minute}`, { session: person, properties: { page } }),
  );

const byPage = { node: { type: 'property', property: 'page' } } as const;

export const userFlowCases: readonly Case[] = [
  {
    name: 'links the neighbours of each step',
    world: world([...session('ann', 'home list item'), ...session('bob', 'home list')]),
    question: flow(),
    answer: ['0 home > list: 2', '1 list > item: 1', 'nodes: 0 home, 1 list, 2 item'],
  },
  {
    name: 'keeps the same kind at different steps apart',
    world: world(session('ann', 'home list home')),
    question: flow(),
    answer: ['0 home > list: 1', '1 list > home: 1', 'nodes: 0 home, 1 list, 2 home'],
  },
  {
    name: 'keeps repeats',
    world: world(session('ann', 'home home')),
    question: flow(),
    answer: ['0 home > home: 1', 'nodes: 0 home, 1 home'],
  },
  {
    name: 'ends after the most hops',
    world: world(session('ann', 'a b c d')),
    question: flow({ maxHops: 2 }),
    answer: ['0 a > b: 1', '1 b > c: 1', 'nodes: 0 a, 1 b, 2 c'],
  },
  {
    name: 'is empty when every session has one event',
    world: world([...session('ann', 'home'), ...session('bob', 'home')]),
    question: flow(),
    answer: ['nodes: '],
  },
  {
    name: 'leaves out events of no session',
    world: world([event('ann', 'home', '02 10:00'), event('ann', 'list', '02 10:01')]),
    question: flow(),
    answer: ['nodes: '],
  },
  {
    name: 'orders the events of one millisecond by id',
    world: world([
      event('ann', 'second', '02 10:00', { session: 's', id: 'b' }),
      event('ann', 'first', '02 10:00', { session: 's', id: 'a' }),
    ]),
    question: flow(),
    answer: ['0 first > second: 1', 'nodes: 0 first, 1 second'],
  },
  {
    name: 'keeps the sessions of persons apart who share a session id',
    world: world([
      event('ann', 'home', '02 10:00', { session: 's' }),
      event('bob', 'list', '02 10:01', { session: 's' }),
      event('ann', 'item', '02 10:02', { session: 's' }),
    ]),
    question: flow(),
    answer: ['0 home > item: 1', 'nodes: 0 home, 1 item'],
  },
  {
    name: 'does not split a session by a login, also when identities are not merged',
    world: world(
      [
        event('anon-1', 'home', '02 10:00', { session: 's' }),
        event('ann', 'item', '02 10:02', { session: 's' }),
      ],
      { ann: { aliases: ['anon-1'] } },
    ),
    question: flow({ mergeIdentities: false }),
    answer: ['0 home > item: 1', 'nodes: 0 home, 1 item'],
  },
  {
    name: 'cuts sessions to the window',
    world: world([
      event('ann', 'home', '02 23:59', { session: 's' }),
      event('ann', 'list', '03 00:00', { session: 's' }),
      event('ann', 'item', '03 00:01', { session: 's' }),
    ]),
    question: flow(window('03', '04')),
    answer: ['0 list > item: 1', 'nodes: 0 list, 1 item'],
  },
  {
    name: 'jumps over events out of scope',
    world: world(path('ann', ['a', 'b']).concat([event('ann', 'ping', '02 10:00:30', { session: 'ann' })])),
    question: flow({ ...byPage, scope: select('view') }),
    answer: ['0 a > b: 1', 'nodes: 0 a, 1 b'],
  },
  {
    name: 'is broken by a node without a value, which takes up a step',
    world: world(path('ann', ['a', '', 'b', 'c'])),
    question: flow(byPage),
    answer: ['2 b > c: 1', 'nodes: 2 b, 3 c'],
  },
  {
    name: 'applies the conditions of the question',
    world: world(path('ann', ['a', 'b', 'a'])),
    question: flow({ ...byPage, ...only(equals('page=a')) }),
    answer: ['0 a > a: 1', 'nodes: 0 a, 1 a'],
  },
  {
    name: 'orders links by value, then by step, then by label',
    world: world([...session('ann', 'b x y'), ...session('bob', 'a x y'), ...session('cid', 'a x z')]),
    question: flow(),
    answer: ['0 a > x: 2', '1 x > y: 2', '0 b > x: 1', '1 x > z: 1', 'nodes: 0 a, 0 b, 1 x, 2 y, 2 z'],
  },
  {
    name: 'orders the nodes of a step by weight, then by label',
    world: world([
      ...session('ann', 'a z'),
      ...session('bob', 'b z'),
      ...session('cid', 'c y'),
      ...session('dan', 'c z'),
    ]),
    question: flow(),
    answer: ['0 a > z: 1', '0 b > z: 1', '0 c > y: 1', '0 c > z: 1', 'nodes: 0 c, 0 a, 0 b, 1 z, 1 y'],
  },
  {
    name: 'folds the small nodes of each step into one',
    world: world([
      ...session('ann', 'a x'),
      ...session('bob', 'a x'),
      ...session('cid', 'b y'),
      ...session('dan', 'c z'),
      ...session('eve', 'c x'),
    ]),
    question: flow({ maxNodes: 1 }),
    answer: [
      '0 a > x: 2',
      '0 (others) > (others): 2',
      '0 (others) > x: 1',
      'nodes: 0 a, 0 (others), 1 x, 1 (others)',
    ],
  },
  {
    name: 'keeps a real node $others apart from the others',
    world: world([...session('ann', '$others x'), ...session('bob', '$others x'), ...session('cid', 'b x')]),
    question: flow({ maxNodes: 1 }),
    answer: ['0 $others > x: 2', '0 (others) > x: 1', 'nodes: 0 $others, 0 (others), 1 x'],
  },
  {
    name: 'lists only nodes of links that the limit keeps',
    world: world([...session('ann', 'a x'), ...session('bob', 'a x'), ...session('cid', 'b y')]),
    question: flow({ maxLinks: 1 }),
    answer: ['0 a > x: 2', 'nodes: 0 a, 1 x'],
  },
  {
    name: 'leaves out bots and cookieless persons',
    world: world(
      each(['bot', 'cookieless-1'], (person) => [
        event(person, 'a', '02 10:00', { session: 's', bot: person === 'bot', cookieless: person !== 'bot' }),
        event(person, 'b', '02 10:01', { session: 's', bot: person === 'bot', cookieless: person !== 'bot' }),
      ]),
    ),
    question: flow(),
    answer: ['nodes: '],
  },
  {
    name: 'includes cookieless persons when asked to',
    world: world([
      event('cookieless-1', 'a', '02 10:00', { session: 's', cookieless: true }),
      event('cookieless-1', 'b', '02 10:01', { session: 's', cookieless: true }),
    ]),
    question: flow({ includeCookieless: true }),
    answer: ['0 a > b: 1', 'nodes: 0 a, 1 b'],
  },
];
