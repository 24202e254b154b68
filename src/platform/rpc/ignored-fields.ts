import type { IgnoredField } from '@dovecote/rpc';

/** What a path of fields and indexes is made of; a key of a map may hold anything. */
const notInHeader = /[^\w.[\]-]/g;
const LONGEST_PATH = 100;

/**
 * Unknown fields are passed over, as ProtoJSON clients rely on. One that is near a known field is said in a header of
 * the answer: nobody should learn from an empty audience that `users` is written `userIds`.
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
