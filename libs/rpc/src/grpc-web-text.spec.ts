import { describe, expect, test } from '@jest/globals';
import { base64Bytes, Base64Decoder, isGrpcWebText } from './grpc-web-text.js';

function decode(...chunks: string[]): string {
  const decoder = new Base64Decoder();
  const parts = chunks.map((chunk) => decoder.decode(Buffer.from(chunk, 'latin1')));
  decoder.end();
  return Buffer.concat(parts).toString('latin1');
}

describe('refuses', () => {
  test.each(['Z', 'Zm9', 'Zm9v!', 'Z=m9', '====', 'Zm9vZg='])('%s', (text) => {
    expect(() => decode(text)).toThrow('not valid base64');
  });

  test('a long text that is wrong at its end, in linear time', () => {
    expect(() => decode(`${'a'.repeat(399_999)}!`)).toThrow('not valid base64');
  });
});

describe('decodes', () => {
  test('nothing', () => expect(decode('')).toBe(''));
  test('one segment', () => expect(decode('Zm9vYmE=')).toBe('fooba'));
  test('segments that are padded one by one', () => expect(decode('Zg==Zm8=Zm9v')).toBe('ffofoo'));
  test('any split', () => expect(decode('Z', 'm9', 'vY', 'mE', '=')).toBe('fooba'));
});

test('the limit leaves room for the encoding', () => {
  for (const size of [0, 1, 2, 3, 1000]) {
    expect(Buffer.alloc(size).toString('base64').length).toBeLessThanOrEqual(base64Bytes(size));
  }
});

test.each([
  ['application/grpc-web-text', true],
  ['application/grpc-web-text+proto', true],
  ['application/grpc-web+proto', false],
  ['application/grpc', false],
])('%s: %s', (contentType, expected) => expect(isGrpcWebText(contentType)).toBe(expected));
