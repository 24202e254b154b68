// Encryption that others can try keys on, and what is hidden behind encryption.
import { assertionOf, claims, encrypted, responseOf, signed, withEncryptedName, XMLENC } from '../idp.js';
import type { EncryptionOptions } from '../idp.js';
import { valid } from '../variants.js';
import { changed, cut } from './attack.js';
import type { Attack } from './attack.js';

function options(name: string, more: EncryptionOptions): Attack {
  return {
    name,
    reason: 'encryption_algorithm',
    make: (world) => encrypted(valid(world, 'assertion'), world.sp, more),
  };
}

function damage(name: string, reason: Attack['reason'], change: (xml: string) => string): Attack {
  return {
    name,
    reason,
    make: async (world) => change(await encrypted(valid(world, 'assertion'), world.sp)),
  };
}

/** Anybody can encrypt for us. */
function behind(what: string, reason: Attack['reason'], plaintext: (assertion: string) => string): Attack {
  return {
    name: `${what} behind the encryption`,
    reason,
    make: (world) => {
      const c = claims(world.connection);
      return encrypted(responseOf(c), world.sp, { plaintext: plaintext(assertionOf(c)) });
    },
  };
}

const DATA_VALUE = /(?<=<\/KeyInfo>[\s\S]*CipherValue>)[A-Za-z0-9+/=]{40,}/;

export const encryption: readonly Attack[] = [
  options('AES-128-CBC', { content: `${XMLENC}aes128-cbc` }),
  options('AES-256-CBC', { content: `${XMLENC}aes256-cbc` }),
  options('Triple DES', { content: `${XMLENC}tripledes-cbc` }),
  options('RSA with PKCS #1 v1.5', { key: `${XMLENC}rsa-1_5` }),
  {
    name: 'encrypted for somebody else',
    reason: 'decryption',
    make: (world) => encrypted(valid(world, 'assertion'), world.stranger),
  },
  {
    name: 'a comment in the name, behind the encryption',
    reason: 'hidden_text',
    make: (world) =>
      encrypted(valid(world, 'assertion', { nameId: 'admin@acme.test<!---->.evil.test' }), world.sp),
  },
  {
    name: 'encrypted, and signed by the attacker',
    reason: 'unknown_signing_key',
    make: (world) => encrypted(valid(world, 'assertion', {}, {}, world.stranger), world.sp),
  },
  behind(
    'no assertion',
    'no_assertion',
    () => '<saml:Advice xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"/>',
  ),
  behind(
    'an encrypted assertion',
    'no_assertion',
    () => '<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"/>',
  ),
  behind('two assertions', 'malformed', (assertion) => assertion + assertion),
  behind('an assertion within an assertion', 'several_assertions', (assertion) =>
    changed(assertion, '</saml:Assertion>', `${changed(assertion, '_assertion', '_evil')}</saml:Assertion>`),
  ),
  behind('a DOCTYPE', 'doctype', (assertion) => `<!DOCTYPE a>${assertion}`),
  behind('no XML', 'malformed', () => 'hello'),
  behind('an unsigned assertion', 'unsigned', (assertion) => assertion),
  {
    name: 'a signed response around an assertion that was exchanged',
    reason: 'bad_signature',
    make: async (world) => {
      const c = claims(world.connection);
      const whole = signed(await encrypted(responseOf(c), world.sp), c.responseId, world.idp);
      const other = await encrypted(responseOf({ ...c, nameId: 'admin@acme.test' }), world.sp);
      const pattern = /<saml:EncryptedAssertion>[\s\S]*<\/saml:EncryptedAssertion>/;
      return changed(whole, pattern, cut(other, pattern)[1]);
    },
  },
  {
    name: 'a signed assertion whose encrypted name was exchanged',
    reason: 'bad_signature',
    make: async (world) => {
      const c = claims(world.connection);
      const whole = signed(await withEncryptedName(responseOf(c), world.sp), c.assertionId, world.idp);
      const other = await withEncryptedName(responseOf({ ...c, nameId: 'admin@acme.test' }), world.sp);
      const pattern = /<saml:EncryptedID>[\s\S]*<\/saml:EncryptedID>/;
      return changed(whole, pattern, cut(other, pattern)[1]);
    },
  },
  damage('a changed ciphertext', 'decryption', (xml) => {
    const [before, value, after] = cut(xml, DATA_VALUE);
    return before + (value.startsWith('A') ? 'B' : 'A') + value.slice(1) + after;
  }),
  damage('a ciphertext without its tag', 'decryption', (xml) => {
    const [before, value, after] = cut(xml, DATA_VALUE);
    return before + value.slice(0, 16) + after;
  }),
  damage('no key', 'decryption', (xml) => changed(xml, /<e:EncryptedKey[\s\S]*<\/e:EncryptedKey>/, '')),
  damage('two keys', 'decryption', (xml) => {
    const [before, key, after] = cut(xml, /<e:EncryptedKey[\s\S]*<\/e:EncryptedKey>/);
    return before + key + key + after;
  }),
];
