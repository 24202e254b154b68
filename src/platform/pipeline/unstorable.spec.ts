import { describe, expect, test } from '@jest/globals';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { EchoRequestSchema } from '@dovecote/contract/dovecote/test/v1/echo_pb';
import { unstorable } from './unstorable.js';

const fieldsOf = (init: MessageInitShape<typeof EchoRequestSchema>): string[] =>
  unstorable(EchoRequestSchema, create(EchoRequestSchema, init)).map(({ field }) => field);

describe('what no column holds', () => {
  test.each<[string, MessageInitShape<typeof EchoRequestSchema>, string[]]>([
    ['NUL in a text', { text: 'a\0b' }, ['text']],
    ['NUL in a list', { userIds: ['a', '\0', 'b\0'] }, ['user_ids[1]', 'user_ids[2]']],
    ['NUL in a map', { textOf: { 5: '\0' } }, ['text_of["5"]']],
    ['NUL in a key', { moodOf: { 'a\0': 1 } }, ['mood_of["a\\u0000"]']],
    ['NUL in a oneof', { choice: { case: 'chosenText', value: '\0' } }, ['chosen_text']],
    [
      'NUL in messages within messages',
      { choice: { case: 'chosenEcho', value: { echoes: [{}, { text: '\0' }] } } },
      ['chosen_echo.echoes[1].text'],
    ],
    [
      'NUL in a free value',
      { anything: { kind: { case: 'stringValue', value: '\0' } } },
      ['anything.string_value'],
    ],
    ['a time after 9999', { at: { seconds: 253_402_300_800n } }, ['at']],
    ['a time before year 1', { at: { seconds: -62_135_596_801n } }, ['at']],
    ['too many nanoseconds', { echoes: [{ at: { nanos: 1_000_000_000 } }] }, ['echoes[0].at']],
    ['negative nanoseconds', { at: { nanos: -1 } }, ['at']],
  ])('%s', (_what, init, fields) => {
    expect(fieldsOf(init)).toEqual(fields);
  });

  test('is not in what a column holds', () => {
    const at = { seconds: 253_402_300_799n, nanos: 999_999_999 };
    expect(fieldsOf({ text: '\u0001', data: new Uint8Array([0]), at, details: { a: '\0' } })).toEqual([]);
  });

  test('is told a hundred times at most', () => {
    expect(fieldsOf({ userIds: Array.from({ length: 1_000 }, () => '\0') })).toHaveLength(100);
  });
});
