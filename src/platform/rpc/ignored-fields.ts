import type { IgnoredField } from '@dovecote/rpc';

/** What a path of fields and indexes is made of; a key of a map may hold anything. */
const notInHeader = /[^\w.[\]-]/g;
const LONGEST_PATH = 100;

/**
 * Unknown fields are ignored, as ProtoJSON clients expect. One that resembles a known field is reported in a
 * response header, so that a misspelled `users` for `userIds` is noticed.
 */
export function warningOf(ignored: readonly IgnoredField[]): string | undefined {
  if (ignored.length === 0) return undefined;
  return ignored
    .map(({ field, meant }) => {
      const path = field.slice(0, LONGEST_PATH).replaceAll(notInHeader, '?');
      return `unknown field ${path} was ignored: did you mean ${meant}?`;
    })
    .join(', ');
}
