import type { Element } from '@xmldom/xmldom';
import { digestOf, verifySignature } from './algorithms.js';
import { canonicalOf } from './canonical.js';
import { fingerprintIn } from './certificate.js';
import type { IdpCertificate } from './certificate.js';
import type { SamlConnection } from './connection.js';
import { decodeBase64 } from './decode.js';
import { attributeOf, childrenOf, is, textOf } from './element.js';
import { LARGEST_MESSAGE, LONGEST_ENCODED, SKEW_MS } from './limits.js';
import { NS } from './names.js';
import { SamlRefusal } from './refusal.js';
import { checkedShape } from './signature-shape.js';
import type { Digest, SignatureShape } from './signature-shape.js';
import { parseXml } from './xml.js';

/** What was signed, parsed from the very characters that the digest was made of, and by whom. */
export interface Signed {
  readonly element: Element;
  readonly certificate: IdpCertificate;
}

/** Certificates in KeyInfo that are looked at: the chain of one. */
const MOST_NAMED = 10;

/**
 * Verifies the signature directly in `element` and removes it. Undefined when there is none. Afterwards, only
 * the returned element may be read (signature wrapping). References are never resolved: the digest is
 * computed over the element itself.
 */
export function verifySigned(element: Element, connection: SamlConnection, now: Date): Signed | undefined {
  const [signature, another] = childrenOf(element, NS.signature, 'Signature');
  if (!signature) return undefined;
  if (another) throw new SamlRefusal('signature_shape', `${element.nodeName} holds several signatures.`);
  const shape = checkedShape(signature, element);
  const certificate = signerOf(shape, connection, now);
  element.removeChild(signature);
  return { element: reparsed(digested(element, shape.digest), element), certificate };
}

/**
 * Who signed the digest: told before the document is digested, which takes most of the time, so that a stranger cannot
 * make us work.
 */
function signerOf(
  { canonicalSignedInfo, algorithm, value, keyInfo }: SignatureShape,
  connection: SamlConnection,
  now: Date,
): IdpCertificate {
  const bytes = decodeBase64(textOf(value), LONGEST_ENCODED);
  const certificate = bestFirst(connection.idp.certificates, now).find(({ pem }) =>
    verifySignature(algorithm, canonicalSignedInfo, pem, bytes),
  );
  if (!certificate) throw wrongKey(keyInfo, connection);
  refuseExpired(certificate, connection, now);
  return certificate;
}

/** The characters that were digested, when the digest fits. */
function digested(element: Element, { algorithm, value, inclusivePrefixes }: Digest): string {
  const canonical = canonicalOf(element, inclusivePrefixes);
  const expected = decodeBase64(textOf(value), LONGEST_ENCODED);
  if (expected.equals(digestOf(algorithm, canonical))) return canonical;
  throw new SamlRefusal('bad_signature', 'What was signed has been changed.');
}

/** The same key may be in an old certificate and in a renewed one. */
export function bestFirst(certificates: readonly IdpCertificate[], now: Date): IdpCertificate[] {
  return certificates.toSorted((a, b) => Number(isOutOfDate(a, now)) - Number(isOutOfDate(b, now)));
}

/** The certificate in the document proves nothing; it tells a change of keys from a broken signature. */
function wrongKey(keyInfo: Element | undefined, { idp }: SamlConnection): SamlRefusal {
  const named = (keyInfo ? childrenOf(keyInfo, NS.signature, 'X509Data') : [])
    .flatMap((data) => childrenOf(data, NS.signature, 'X509Certificate'))
    .slice(0, MOST_NAMED)
    .flatMap((certificate) => fingerprintIn(textOf(certificate)) ?? []);
  const ours = idp.certificates.filter(({ fingerprint }) => named.includes(fingerprint));
  if (ours.length > 0) {
    return new SamlRefusal('bad_signature', 'The signature does not fit the certificate that it names.');
  }
  const [stranger] = named;
  return new SamlRefusal(
    'unknown_signing_key',
    stranger === undefined
      ? 'The signature was made with none of the certificates of this connection.'
      : `The signature names a certificate that this connection does not know (SHA-256 ${stranger}).`,
  );
}

export function refuseExpired(certificate: IdpCertificate, connection: SamlConnection, now: Date): void {
  if (connection.allowExpiredCertificates || !isOutOfDate(certificate, now)) return;
  const { subject, notBefore, notAfter } = certificate;
  throw new SamlRefusal(
    'certificate_expired',
    `The certificate ${subject} is valid from ${notBefore.toISOString()} to ${notAfter.toISOString()}.`,
  );
}

/** A certificate is often used in the minute in which it is made. */
function isOutOfDate({ notBefore, notAfter }: IdpCertificate, now: Date): boolean {
  return now.getTime() + SKEW_MS < notBefore.getTime() || now > notAfter;
}

function reparsed(canonical: string, original: Element): Element {
  const element = parseXml(canonical, LARGEST_MESSAGE);
  const same =
    is(element, original.namespaceURI ?? '', original.localName) &&
    attributeOf(element, 'ID') === attributeOf(original, 'ID');
  if (same) return element;
  throw new SamlRefusal('bad_signature', 'Something else was signed than what the signature stands in.');
}
