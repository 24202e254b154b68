import { createHash, createPublicKey, verify } from 'node:crypto';
import { NS } from './names.js';

const RSA_MORE = 'http://www.w3.org/2001/04/xmldsig-more#rsa-';
const ECDSA = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-';

interface Algorithm {
  readonly keyType: 'rsa' | 'ec';
  readonly hash: 'sha256' | 'sha384' | 'sha512';
}

/** All that a signature may be made with. What is not here is refused, SHA-1 and HMAC among it. */
const SIGNATURES: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>(
  (['sha256', 'sha384', 'sha512'] as const).flatMap((hash) => [
    [RSA_MORE + hash, { keyType: 'rsa', hash }],
    [ECDSA + hash, { keyType: 'ec', hash }],
  ]),
);

const DIGESTS: ReadonlyMap<string, string> = new Map([
  [`${NS.encryption}sha256`, 'sha256'],
  ['http://www.w3.org/2001/04/xmldsig-more#sha384', 'sha384'],
  [`${NS.encryption}sha512`, 'sha512'],
]);

export const RSA_SHA256 = `${RSA_MORE}sha256`;
export const SHA256 = `${NS.encryption}sha256`;
export const EXCLUSIVE_C14N = NS.exclusive;
export const ENVELOPED = `${NS.signature}enveloped-signature`;

export const isSignatureAlgorithm = (uri: string): boolean => SIGNATURES.has(uri);
export const isDigestAlgorithm = (uri: string): boolean => DIGESTS.has(uri);

/** The digest by an algorithm of our list. */
export function digestOf(uri: string, text: string): Buffer {
  const name = DIGESTS.get(uri);
  if (name === undefined) throw new Error(`${uri} is not among the digests that are known here.`);
  return createHash(name).update(text).digest();
}

/** False also when the key is of another kind than the algorithm: an RSA signature needs an RSA key. */
export function verifySignature(
  uri: string,
  signed: string | Buffer,
  certificatePem: string,
  signature: Buffer,
): boolean {
  const algorithm = SIGNATURES.get(uri);
  const key = createPublicKey(certificatePem);
  if (!algorithm || key.asymmetricKeyType !== algorithm.keyType) return false;
  // XML signatures carry the two numbers of ECDSA as they are, not in DER.
  const options = algorithm.keyType === 'ec' ? ({ key, dsaEncoding: 'ieee-p1363' } as const) : key;
  return verify(algorithm.hash, Buffer.from(signed), options, signature);
}
