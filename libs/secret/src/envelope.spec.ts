import { describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { createEnvelope, UnsealError } from './index.js';

const envelope = createEnvelope(randomBytes(32));

describe('open', () => {
  test('refuses any changed byte', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (plaintext, position, flip) => {
          const sealed = envelope.seal(plaintext, 'idp certificate');
          const at = position % sealed.length;
          sealed[at] = (sealed[at] ?? 0) ^ flip;
          expect(() => envelope.open(sealed, 'idp certificate')).toThrow(UnsealError);
        },
      ),
    );
  });

  test('refuses every truncation', () => {
    const sealed = envelope.seal('secret', 'context');
    for (let length = 0; length < sealed.length; length++) {
      expect(() => envelope.open(sealed.subarray(0, length), 'context')).toThrow(UnsealError);
    }
  });

  test('refuses another context', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (context, other) => {
        fc.pre(context !== other);
        expect(() => envelope.open(envelope.seal('secret', context), other)).toThrow(UnsealError);
      }),
    );
  });

  test('refuses a master key it does not know', () => {
    const sealed = createEnvelope(randomBytes(32)).seal('secret', 'context');
    expect(() => envelope.open(sealed, 'context')).toThrow(UnsealError);
  });

  test('gives back what was sealed', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), (plaintext, context) => {
        expect(envelope.open(envelope.seal(plaintext, context), context)).toEqual(Buffer.from(plaintext));
      }),
    );
  });
});

describe('createEnvelope', () => {
  test('refuses no key and keys of another length', () => {
    expect(() => createEnvelope([])).toThrow(RangeError);
    expect(() => createEnvelope(randomBytes(16))).toThrow(RangeError);
  });

  test('opens with a replaced key and seals with the current one', () => {
    const [previous, current] = [randomBytes(32), randomBytes(32)];
    const rotated = createEnvelope([current, previous]);
    const old = createEnvelope(previous).seal('old', 'context');
    expect(rotated.open(old, 'context').toString()).toBe('old');
    expect(createEnvelope(current).open(rotated.seal('new', 'context'), 'context').toString()).toBe('new');
  });

  test('never seals the same value to the same bytes', () => {
    expect(envelope.seal('secret', 'context')).not.toEqual(envelope.seal('secret', 'context'));
  });
});
