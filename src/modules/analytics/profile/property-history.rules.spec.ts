import { expect, test } from '@jest/globals';
import { historyBegin } from './property-history.rules.js';

const now = new Date('2026-03-31T12:00:00Z');
const [early, late] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-03-30T00:00:00Z')];

test.each<[string, number | null, Date | null, Date | null]>([
  ['without a retention is that of the range', null, early, early],
  ['without either has no bound', null, null, null],
  ['is the retention', 30, null, new Date('2026-03-01T12:00:00Z')],
  ['is the retention when the range begins before', 30, early, new Date('2026-03-01T12:00:00Z')],
  ['is the range when the retention begins before', 30, late, late],
])('the begin of a history %s', (_what, days, from, begin) => {
  expect(historyBegin(days, now, from)).toEqual(begin);
});
