import { describe, expect, test } from '@jest/globals';
import { envelope, openEnvelope } from './envelope.js';

const data = Buffer.from('abc');

describe('a body that is not exactly one message', () => {
  test.each<[string, Uint8Array]>([
    ['nothing', Buffer.alloc(0)],
    ['half a head', Buffer.alloc(4)],
    ['a message cut short', envelope(0, data).subarray(0, -1)],
    ['a message and a byte', Buffer.concat([envelope(0, data), Buffer.alloc(1)])],
    ['two messages', Buffer.concat([envelope(0, data), envelope(0, data)])],
    ['an unknown flag', envelope(2, data)],
    ['trailers', envelope(128, data)],
    ['a length of 4 GiB', Buffer.from([0, 255, 255, 255, 255, 1])],
  ])('%s', (_what, body) => {
    expect(openEnvelope(body)).toBeUndefined();
  });
});

test.each([
  [0, false],
  [1, true],
])('one message with flags %d', (flags, compressed) => {
  expect(openEnvelope(envelope(flags, data))).toEqual({ data, compressed });
});

test('an empty message', () => {
  expect(openEnvelope(envelope(0, new Uint8Array()))).toMatchObject({ data: Buffer.alloc(0) });
});

test('a length is written and read with all its four bytes', () => {
  const long = Buffer.alloc(0x010203);
  expect([...envelope(0, long).subarray(0, 5)]).toEqual([0, 0, 1, 2, 3]);
  expect(openEnvelope(envelope(0, long))?.data.length).toBe(long.length);
});
