import type { Outcome } from './attacker.js';

/** Stands in the rows of Acme, and must not be seen from elsewhere. */
export const canary = 'acme-canary-5d2c';

/** Nothing happened, and nothing was shown. */
export function harmless(outcome: Outcome): string | undefined {
  if ('refused' in outcome) return outcome.message.includes(canary) ? outcome.message : undefined;
  return outcome.count > 0 ? `${outcome.count} rows` : undefined;
}

export function refusedWith(outcome: Outcome, ...codes: string[]): string | undefined {
  if (!('refused' in outcome)) return `went through with ${outcome.count} rows`;
  if (outcome.message.includes(canary)) return outcome.message;
  return codes.includes(outcome.refused) ? undefined : `${outcome.refused} ${outcome.message}`;
}
