import { describe, expect, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { encodeBody, linesOf } from './batch-body.js';
import { isRefused, personOfLine } from './erased-id.rules.js';

describe('the person of a queued line', () => {
  const lineOf = (id: string, kind = 'view') => {
    const row = {
      project: 1,
      batch_id: '',
      received_at: '',
      event_id: uuid(),
      properties: {},
      numbers: {},
      types: {},
    };
    const [line = ''] = linesOf(
      encodeBody([{ ...row, kind, distinct_id: id, occur_time: '2026-11-01 10:00:00.123' }]).body,
    );
    return line;
  };

  test.each(['ann', 'a"b\\"', 'back\\slash', 'åäö 😀', '","', '', '\n'])('%j is found', (id) => {
    expect(personOfLine(lineOf(id))).toEqual({ id, occurredAt: Date.UTC(2026, 10, 1, 10, 0, 0, 123) });
  });

  test('is found behind a kind of quotes', () => {
    expect(personOfLine(lineOf('ann', 'a","x","bob"'))?.id).toBe('ann');
  });

  test('is undefined in a line of another form', () => {
    expect(personOfLine('{"distinct_id":"ann"}')).toBeUndefined();
  });
});

describe('an event of an erased id', () => {
  const after = new Date(1_000);
  test.each([
    ['is refused for good', null, 5_000, 5_000, true],
    ['is refused when it occurred before', after, 900, 5_000, true],
    ['is refused when it arrived before', after, 5_000, 900, true],
    ['is refused at the same moment', after, 1_000, 1_001, true],
    ['is refused with an unreadable time', after, Number.NaN, 5_000, true],
    ['is accepted when it occurred and arrived later', after, 1_001, 1_001, false],
  ])('%s', (_, returnsAfter, occurredAt, receivedAt, expected) => {
    expect(isRefused({ returnsAfter }, { occurredAt, receivedAt })).toBe(expected);
  });
});
