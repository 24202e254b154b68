import type { Question } from './insight-query.js';

const DAY_MS = 86_400_000;
const from = Date.UTC(2026, 2, 1);

/**
 * For the examples of statements, which a spec runs to see that no statement reads another project's rows: a question that
 * reads all tables and columns it can, and whose filters exclude no event.
 */
export const everything: Question = {
  window: { from, to: from + 30 * DAY_MS },
  zone: 'America/New_York',
  filters: {
    operator: 'or',
    groups: [
      {
        operator: 'or',
        filters: [
          { property: 'plan', source: 'event', operator: 'not_equals', value: 'unheard of' },
          { property: 'plan', source: 'profile', operator: 'is_set' },
        ],
      },
    ],
  },
  mergeIdentities: true,
  includeBots: true,
  includeCookieless: true,
  reading: { numericStringsCount: true, fallBackToTraits: true },
};
