import { createClient } from '@connectrpc/connect';
import { ProfilesService as DocumentedProfiles } from '@dovecote/contract/profiles/v1/profiles_pb';
import { ProfilesService } from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import type { AnalyticsWorld } from '../support/analytics-world.js';
import type { Asked } from '../support/beside-hand.js';
import { everybody, type Filtered, filtered } from './filters.js';
import { pageByHand, personByHand, searchByHand } from './hand.js';
import { type Made, profileIdOf } from './people.js';
import { documentedOf, type ShownPerson, toDocumented, toShown } from './shown.js';

/** People in a message of the streamed list. */
const MESSAGE = 100;

/** First messages, as a dashboard reads them: it leaves the stream, and comes back with the token. */
export function askedOfLists(world: AnalyticsWorld): Asked[] {
  return [everybody, ...filtered].map((list) => ({
    name: list.name,
    product: () => firstMessage(world, list),
    byHand: () => pageByHand(world, list, MESSAGE),
  }));
}

async function firstMessage({ transport }: AnalyticsWorld, { request }: Filtered): Promise<ShownPerson[]> {
  // Without it the client continues to read a stream that is left, and the server to answer.
  const call = new AbortController();
  try {
    const stream = createClient(ProfilesService, transport).list(request, { signal: call.signal });
    for await (const { profiles } of stream) return profiles.map(toShown);
  } finally {
    call.abort();
  }
  throw new Error('No message came.');
}

export function askedOfPeople(world: AnalyticsWorld, { profiles }: Made): Asked[] {
  const shared = createClient(ProfilesService, world.transport);
  const documented = createClient(DocumentedProfiles, world.transport);
  // In the middle, and one of those with events.
  const n = Math.floor(profiles / 2) + 1;
  const get = (name: string, id: string): Asked => ({
    name,
    product: async () => [toShown((await shared.get({ id })).profile!)],
    byHand: () => personByHand(world, id),
  });
  const search = (name: string, query: string): Asked => ({
    name,
    product: async () => (await documented.list({ query })).profiles.map(toDocumented),
    byHand: async () => (await searchByHand(world, query)).map(documentedOf),
  });
  return [
    get('by the id of the profile', profileIdOf(n, profiles)),
    get('by the external id', `user-${n}`),
    get('by an anonymous id that leads to it', `anon-${n}`),
    get('a person without a profile', 'visitor-1'),
    search('a search by e-mail', `User-${n}@Example.com`),
    search('a search by external id', `user-${n}`),
  ];
}
