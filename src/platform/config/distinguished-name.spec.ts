import { describe, expect, test } from '@jest/globals';
import { canonicalName, isDistinguishedName } from './distinguished-name.js';

describe('a distinguished name', () => {
  test.each(['', 'worker', 'CN=', '=worker', 'CN=worker,', 'CN=worker, worker'])('is not %j', (name) => {
    expect(isDistinguishedName(name)).toBe(false);
  });

  test.each(['O=Acme, CN=worker', 'CN=worker,O=Acme', 'O = Acme, CN = worker', 'O=Acme\nCN=worker'])(
    'is one and the same, written %j',
    (name) => {
      expect(isDistinguishedName(name)).toBe(true);
      expect(canonicalName(name)).toBe('CN=worker\nO=Acme');
    },
  );

  test.each([
    // What Node prints for a common name that holds a comma.
    'CN=worker\\, O=Acme',
    'O=Acme, CN=worker, CN=worker',
    'O=Acme, CN=Worker',
    'CN=worker',
  ])('is another than %j', (name) => {
    expect(canonicalName(name)).not.toBe(canonicalName('CN=worker, O=Acme'));
  });
});
