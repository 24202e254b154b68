import { validate as isUuid } from 'uuid';
import { type AppError, failedPrecondition, invalidArgument } from '../../../platform/errors/index.js';
import type { RosterKind } from './roster.kind.js';
import type { Roster } from './roster.js';

/** What the default roster of either kind is called. */
export const defaultName = 'Everyone';

/** Values of audit metadata have at most 500 characters: thirteen ids and what separates them. */
const IDS_PER_VALUE = 13;

/** Empty stays as it is; writing down the name that is there already is no renaming. */
export function refuseRenaming(kind: RosterKind, roster: Roster, name: string): AppError | undefined {
  return roster.isDefault && name !== '' && name !== roster.name ? isDefault(kind, 'be renamed') : undefined;
}

export function refuseDeletion(kind: RosterKind, roster: Roster): AppError | undefined {
  return roster.isDefault ? isDefault(kind, 'be deleted') : undefined;
}

export function refuseRemoval(kind: RosterKind, roster: Roster): AppError | undefined {
  return roster.isDefault
    ? isDefault(kind, 'lose members: every member of the organization belongs to it')
    : undefined;
}

function isDefault({ word }: RosterKind, what: string): AppError {
  return failedPrecondition(`${word.toUpperCase()}_IS_DEFAULT`, `The default ${word} cannot ${what}.`);
}

/** Adds no member if one of them is invalid; the error names every invalid id. */
export function refuseStrangers(
  userIds: readonly string[],
  addable: ReadonlySet<string>,
): AppError | undefined {
  const violations = userIds.flatMap((id, index) =>
    addable.has(id) ? [] : [{ field: `user_ids[${index}]`, description: whyNotAddable(id) }],
  );
  return violations.length > 0 ? invalidArgument(violations) : undefined;
}

function whyNotAddable(id: string): string {
  return isUuid(id)
    ? 'is not an invited or active member of this organization'
    : 'must be the id of a member';
}

/** For the trail: how many, and who. */
export function peopleMetadata(userIds: readonly string[]): Record<string, string> {
  const metadata: Record<string, string> = { count: String(userIds.length) };
  for (let start = 0; start < userIds.length; start += IDS_PER_VALUE) {
    const ids = userIds.slice(start, start + IDS_PER_VALUE);
    metadata[`user_ids_${start / IDS_PER_VALUE + 1}`] = ids.join(',');
  }
  return metadata;
}
