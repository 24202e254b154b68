import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { ProfileSchema } from '@dovecote/contract/profiles/v1/profiles_pb';
import { invalidArgument } from '../../../platform/errors/index.js';
import type { Person, PersonName, PersonSearch } from './person.js';

const MOST_OF_COUNT = 2 ** 32 - 1;

/** @throws AppError INVALID_ARGUMENT unless exactly one is given. */
export function toPersonName({ externalId, id }: { externalId: string; id: string }): PersonName {
  if ((externalId === '') === (id === ''))
    throw invalidArgument([
      { field: 'external_id', description: 'exactly one of external_id and id is required' },
    ]);
  return externalId === '' ? { id } : { externalId };
}

/** Undefined: everybody. */
export function toSearch(query: string): PersonSearch | undefined {
  if (query === '') return undefined;
  const colon = query.indexOf(':');
  if (colon <= 0) return { text: query };
  return { text: query, trait: { path: query.slice(0, colon), value: query.slice(colon + 1) } };
}

export function toProfile(person: Person): MessageInitShape<typeof ProfileSchema> {
  const { activity } = person;
  return {
    id: person.id,
    externalId: person.externalId,
    traits: person.properties,
    firstSeen: activity && timestampFromMs(activity.firstSeen),
    lastSeen: activity && timestampFromMs(activity.lastSeen),
    eventCount: toCount(activity?.events ?? 0),
  };
}

export function toCount(number: number): number {
  return Math.min(number, MOST_OF_COUNT);
}
