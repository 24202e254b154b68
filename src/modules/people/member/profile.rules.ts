import { type AppError, invalidArgument } from '../../../platform/errors/index.js';
import type { MemberProfile } from './member.rules.js';

/** A profile holds that many attributes that the organization made up. */
export const MOST_CUSTOM = 50;

/**
 * Merges given fields into a profile: empty or absent fields stay, and so do custom attributes that are not
 * given; a custom attribute with an empty value is removed.
 */
export function mergedProfile(known: MemberProfile, said: Partial<MemberProfile>): MemberProfile {
  const { customAttributes, ...texts } = said;
  const given = Object.entries(texts).filter(([, text]) => text !== '');
  const attributes = new Map(Object.entries(known.customAttributes ?? {}));
  for (const [key, value] of Object.entries(customAttributes ?? {})) {
    if (value === '') attributes.delete(key);
    else attributes.set(key, value);
  }
  return {
    ...known,
    ...Object.fromEntries(given),
    ...((known.customAttributes || attributes.size > 0) && {
      customAttributes: Object.fromEntries(attributes),
    }),
  };
}

/** Whether merging makes no difference. */
export function hasProfile(known: MemberProfile, said: Partial<MemberProfile>): boolean {
  const merged = mergedProfile(known, said);
  return sorted(merged) === sorted(known);
}

/** What is merged may be more than one request can bring. */
export function refuseSize(profile: MemberProfile): AppError | undefined {
  if (Object.keys(profile.customAttributes ?? {}).length <= MOST_CUSTOM) return undefined;
  const description = `would make more than ${MOST_CUSTOM} attributes; remove some by an empty value`;
  return invalidArgument([{ field: 'profile.custom_attributes', description }]);
}

/** As a text that does not depend on the order in which something was written or stored. */
function sorted({ customAttributes = {}, ...texts }: MemberProfile): string {
  return JSON.stringify([Object.entries(texts).sort(), Object.entries(customAttributes).sort()]);
}
