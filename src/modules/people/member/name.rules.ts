import type { MemberProfile } from './member.rules.js';

const TITLE = /^(?:dr|prof|mr|mrs|ms|mx|hr|fr|sr|sra|dott|ing|dipl)\.$/i;

/**
 * A profile that says no name gets the one that the person was invited by, so that templates can greet them. The first
 * word is the first name and the rest the last, titles left out; "Lovelace, Ada" says by its comma which is which.
 */
export function namedProfile(profile: MemberProfile, name: string): MemberProfile {
  if (profile.firstName || profile.lastName) return profile;
  const [firstName, lastName] = partsOf(name);
  return { ...profile, ...(firstName && { firstName }), ...(lastName && { lastName }) };
}

function partsOf(name: string): [first: string, last: string] {
  const [last = '', first, ...more] = name.split(',').map((part) => part.trim());
  if (last && first && more.length === 0) return [withoutTitles(first).join(' '), last];
  const [firstName = '', ...lastName] = withoutTitles(name);
  return [firstName, lastName.join(' ')];
}

function withoutTitles(name: string): string[] {
  const words = name.split(/\s+/).filter((word) => word !== '');
  const start = words.findIndex((word) => !TITLE.test(word));
  return start < 0 ? words : words.slice(start);
}
