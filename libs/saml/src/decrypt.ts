import { constants, createDecipheriv, privateDecrypt } from 'node:crypto';
import type { Element } from '@xmldom/xmldom';
import { attributeOf, childOf, childrenOf, textOf } from './element.js';
import { LARGEST_MESSAGE, LONGEST_ENCODED } from './limits.js';
import { decodeBase64, decodeUtf8 } from './decode.js';
import { NS } from './names.js';
import { quoted, SamlRefusal } from './refusal.js';
import type { SpKey } from './sp-key.js';

const CONTENT: ReadonlyMap<string, { name: 'aes-128-gcm' | 'aes-256-gcm'; key: number }> = new Map([
  [`${NS.encryption11}aes128-gcm`, { name: 'aes-128-gcm', key: 16 }],
  [`${NS.encryption11}aes256-gcm`, { name: 'aes-256-gcm', key: 32 }],
]);
const SHA1 = `${NS.signature}sha1`;
const SHA256 = `${NS.encryption}sha256`;
/** SHA-1 is no weakness in OAEP, and what most identity providers send. */
const OAEP_HASHES: ReadonlyMap<string, 'sha1' | 'sha256'> = new Map([
  [`${NS.encryption}rsa-oaep-mgf1p ${SHA1} sha1`, 'sha1'],
  [`${NS.encryption11}rsa-oaep ${SHA1} sha1`, 'sha1'],
  // OpenSSL through Node uses one hash for both.
  [`${NS.encryption11}rsa-oaep ${SHA256} sha256`, 'sha256'],
]);
const NONCE = 12;
const TAG = 16;

/**
 * The XML inside an EncryptedAssertion or EncryptedID. Our keys are tried in turn, so that a key can be replaced without
 * a gap.
 */
export function decrypted(encrypted: Element, keys: readonly SpKey[]): string {
  const data = part(encrypted, 'EncryptedData');
  const content = CONTENT.get(method(data));
  if (!content) throw unknownAlgorithm(method(data));
  const wrapped = encryptedKey(encrypted, data);
  const hash = oaepHash(wrapped);
  const sealedKey = cipherValue(wrapped);
  const sealed = cipherValue(data);
  for (const { privateKeyPem } of keys) {
    const opened = open(content, unwrap(sealedKey, privateKeyPem, hash), sealed);
    if (opened) return decodeUtf8(opened, LARGEST_MESSAGE);
  }
  throw new SamlRefusal(
    'decryption',
    `The ${encrypted.localName} is encrypted for none of the keys of this connection.`,
  );
}

function unwrap(sealedKey: Buffer, privateKey: string, oaep: 'sha1' | 'sha256'): Buffer | undefined {
  try {
    return privateDecrypt(
      { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: oaep },
      sealedKey,
    );
  } catch {
    return undefined;
  }
}

function open(
  { name, key: length }: { name: 'aes-128-gcm' | 'aes-256-gcm'; key: number },
  key: Buffer | undefined,
  sealed: Buffer,
): Buffer | undefined {
  if (key?.length !== length || sealed.length < NONCE + TAG) return undefined;
  const decipher = createDecipheriv(name, key, sealed.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAuthTag(sealed.subarray(-TAG));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE, -TAG)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** It stands in the KeyInfo of the data, or beside the data. */
function encryptedKey(encrypted: Element, data: Element): Element {
  const keyInfo = childOf(data, NS.signature, 'KeyInfo');
  const [key, another] = [
    ...(keyInfo ? childrenOf(keyInfo, NS.encryption, 'EncryptedKey') : []),
    ...childrenOf(encrypted, NS.encryption, 'EncryptedKey'),
  ];
  if (key && !another) return key;
  throw new SamlRefusal('decryption', `The ${encrypted.localName} does not have exactly one encrypted key.`);
}

function oaepHash(key: Element): 'sha1' | 'sha256' {
  const encryption = part(key, 'EncryptionMethod');
  const digest = childOf(encryption, NS.signature, 'DigestMethod');
  const mask = childOf(encryption, NS.encryption11, 'MGF');
  const maskHash = mask
    ? (attributeOf(mask, 'Algorithm') ?? '').replace(`${NS.encryption11}mgf1`, '')
    : 'sha1';
  const label = childrenOf(encryption, NS.encryption, 'OAEPparams').length > 0 ? ' with a label' : '';
  const name = `${method(key)} ${digest ? attributeOf(digest, 'Algorithm') : SHA1} ${maskHash}${label}`;
  const hash = OAEP_HASHES.get(name);
  if (hash) return hash;
  throw unknownAlgorithm(name);
}

function method(element: Element): string {
  return attributeOf(part(element, 'EncryptionMethod'), 'Algorithm') ?? '';
}

function cipherValue(element: Element): Buffer {
  return decodeBase64(textOf(part(part(element, 'CipherData'), 'CipherValue')), LONGEST_ENCODED);
}

function part(parent: Element, name: string): Element {
  const child = childOf(parent, NS.encryption, name);
  if (child) return child;
  throw new SamlRefusal('decryption', `The ${parent.localName} has no ${name}.`);
}

function unknownAlgorithm(name: string): SamlRefusal {
  return new SamlRefusal('encryption_algorithm', `The message is encrypted with ${quoted(name)}.`);
}
