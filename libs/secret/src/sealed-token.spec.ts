import { describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { createEnvelope, openToken, sealToken, UnsealError } from './index.js';

const envelope = createEnvelope(randomBytes(32));

describe('openToken', () => {
  test('refuses anything it did not make', () => {
    fc.assert(
      fc.property(fc.string(), (token) => {
        expect(() => openToken(envelope, token, [])).toThrow(UnsealError);
      }),
    );
  });

  test.each([(token: string) => `${token}=`, (token: string) => ` ${token}`, (token: string) => `${token}.`])(
    'refuses another spelling of the same bytes',
    (respell) => {
      expect(() => openToken(envelope, respell(sealToken(envelope, 1, [])), [])).toThrow(UnsealError);
    },
  );

  test('refuses another organization, filter or method, also with the same characters', () => {
    const token = sealToken(envelope, { after: 'x' }, ['ab', 'c']);
    expect(() => openToken(envelope, token, ['a', 'bc'])).toThrow(UnsealError);
    expect(() => openToken(envelope, token, ['ab'])).toThrow(UnsealError);
  });

  test('refuses an endless token without decoding it', () => {
    expect(() => openToken(envelope, 'A'.repeat(1_000_000), [])).toThrow(UnsealError);
  });

  test('cannot be made so long that it would be refused', () => {
    expect(() => sealToken(envelope, 'x'.repeat(4096), [])).toThrow(RangeError);
  });

  test('gives back the payload, from URL-safe text', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.string(), { maxKeys: 10, noNullPrototype: true }),
        fc.string(),
        (payload, org) => {
          const token = sealToken(envelope, payload, [org]);
          expect(token).toMatch(/^[\w-]+$/);
          expect(openToken(envelope, token, [org])).toEqual(payload);
        },
      ),
    );
  });
});
