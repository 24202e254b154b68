import { AppError } from '../../../platform/errors/index.js';
import type { PersonIds } from '../profile/index.js';
import type { NamedSubject } from './erasure.js';

/** Then a request has failed, and waits to be requested again. About four days after the first attempt. */
const MOST_ATTEMPTS = 20;

export function isGivenUp(attempts: number): boolean {
  return attempts >= MOST_ATTEMPTS;
}

/** What the ledger says about an error: the log has the rest. */
export function errorText(error: unknown): string {
  return error instanceof AppError ? error.message : 'Internal error.';
}

/** Everything that leads to a person who has, or had, a profile. */
export function subjectOf(project: number, { profileIds, externalId, ids }: PersonIds): NamedSubject {
  const own = new Set(profileIds);
  const isReturning = ({ id, namesProfile }: PersonIds['ids'][number]): boolean =>
    namesProfile && !own.has(id);
  return {
    project,
    profileIds,
    distinctIds: [...new Set([...profileIds, ...ids.filter((one) => !isReturning(one)).map(({ id }) => id)])],
    returningIds: ids.filter(isReturning).map(({ id }) => id),
    externalId: externalId === '' ? null : externalId,
    profileId: profileIds[0] ?? null,
  };
}

/** A person without a profile, by the id of the events. */
export function subjectOfDistinctId(project: number, id: string): NamedSubject {
  return { project, profileIds: [], distinctIds: [id], returningIds: [], externalId: null, profileId: id };
}

/** A person without a profile, by the id that the application gives. */
export function subjectOfExternalId(project: number, id: string): NamedSubject {
  return { project, profileIds: [], distinctIds: [], returningIds: [id], externalId: id, profileId: null };
}
