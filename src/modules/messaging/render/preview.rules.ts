import type { Recipient } from './render.rules.js';

const CUSTOM_PREFIX = 'custom:';

/** A recipient with these values for variables of any source; other variables come from the profile. */
export function previewRecipient(
  values: Readonly<Record<string, string>>,
  member: Omit<Recipient, 'variables'> | undefined,
): Recipient {
  const entries = Object.entries(values);
  const custom = entries.flatMap(([name, value]) =>
    name.startsWith(CUSTOM_PREFIX) ? [[name.slice(CUSTOM_PREFIX.length), value] as const] : [],
  );
  return {
    profile: Object.fromEntries([...Object.entries(member?.profile ?? {}), ...entries]),
    customAttributes: Object.fromEntries([...Object.entries(member?.customAttributes ?? {}), ...custom]),
    preferredLocale: member?.preferredLocale ?? '',
    variables: { ...values },
  };
}
