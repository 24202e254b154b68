import type { Element } from '@xmldom/xmldom';
import { ENVELOPED, EXCLUSIVE_C14N, isDigestAlgorithm, isSignatureAlgorithm } from './algorithms.js';
import { canonicalOf } from './canonical.js';
import { attributeOf, elementsIn, is } from './element.js';
import { LARGEST_MESSAGE } from './limits.js';
import { NS } from './names.js';
import { quoted, SamlRefusal } from './refusal.js';
import { parseXml } from './xml.js';

/** What is read of a signature before it is verified. */
export interface SignatureShape {
  /** The characters that are signed, which the rest was read from. */
  readonly canonicalSignedInfo: string;
  readonly algorithm: string;
  readonly value: Element;
  readonly keyInfo?: Element;
  readonly digest: Digest;
}

/** What the one reference says of the element that the signature stands in. */
export interface Digest {
  readonly algorithm: string;
  readonly value: Element;
  /** Prefixes whose namespaces are signed wherever they are declared. */
  readonly inclusivePrefixes: readonly string[];
}

const ID = /^[\w.:-]{1,256}$/;

/**
 * Accepts one form of signature: over its parent as a whole, by one reference, with algorithms of our list. Every other
 * form that XML signatures can have is a way to sign something else than what is read.
 */
export function checkedShape(signature: Element, parent: Element): SignatureShape {
  const [written, value, keyInfo, ...more] = elementsIn(signature);
  const whole =
    named(written, 'SignedInfo') && named(value, 'SignatureValue') && (!keyInfo || named(keyInfo, 'KeyInfo'));
  if (!written || !value || !whole || more.length > 0) {
    throw shape('has other parts than SignedInfo, SignatureValue and KeyInfo, or one of them twice');
  }
  const canonicalSignedInfo = canonicalOf(written, []);
  const signedInfo = parseXml(canonicalSignedInfo, LARGEST_MESSAGE);
  const [canonicalization, method, reference, ...others] = elementsIn(signedInfo);
  const known =
    named(canonicalization, 'CanonicalizationMethod') &&
    named(method, 'SignatureMethod') &&
    named(reference, 'Reference');
  if (!canonicalization || !method || !reference || !known || others.length > 0) {
    throw shape('does not have exactly one reference');
  }
  refuseAlgorithm(algorithmOf(method), isSignatureAlgorithm);
  refuseAlgorithm(algorithmOf(canonicalization), (uri) => uri === EXCLUSIVE_C14N);
  if (elementsIn(canonicalization).length + elementsIn(method).length > 0) {
    throw shape('gives parameters to its algorithms');
  }
  const digest = checkedReference(reference, parent);
  return { canonicalSignedInfo, algorithm: algorithmOf(method), value, keyInfo, digest };
}

function checkedReference(reference: Element, parent: Element): Digest {
  const [transforms, digest, value, ...others] = elementsIn(reference);
  const known =
    named(transforms, 'Transforms') && named(digest, 'DigestMethod') && named(value, 'DigestValue');
  if (!transforms || !digest || !value || !known || others.length > 0) {
    throw shape('has an unusual reference');
  }
  const id = attributeOf(parent, 'ID') ?? '';
  if (!ID.test(id) || attributeOf(reference, 'URI') !== `#${id}`) {
    throw shape('does not refer to the element that it stands in');
  }
  refuseAlgorithm(algorithmOf(digest), isDigestAlgorithm);
  const steps = elementsIn(transforms);
  for (const step of steps) {
    refuseAlgorithm(algorithmOf(step), (uri) => uri === ENVELOPED || uri === EXCLUSIVE_C14N);
  }
  if (steps.map(algorithmOf).join(' ') !== `${ENVELOPED} ${EXCLUSIVE_C14N}`) {
    throw shape('does not have the two transforms of an enveloped signature');
  }
  // Some signers give the prefixes to both transforms; to the first they mean nothing.
  const inclusivePrefixes = steps.map(inclusivePrefixesIn).at(-1) ?? [];
  return { algorithm: algorithmOf(digest), value, inclusivePrefixes };
}

/** The one parameter that identity providers give: some sign the namespaces that attribute values use in their types. */
function inclusivePrefixesIn(transform: Element): string[] {
  const [parameter, another] = elementsIn(transform);
  if (!parameter) return [];
  if (another || !is(parameter, algorithmOf(transform), 'InclusiveNamespaces')) {
    throw shape('gives parameters to its algorithms');
  }
  return (attributeOf(parameter, 'PrefixList') ?? '').split(/\s+/).filter((prefix) => prefix !== '');
}

export function refuseAlgorithm(uri: string, allowed: (uri: string) => boolean): void {
  if (allowed(uri)) return;
  if (/sha1$/.test(uri)) throw new SamlRefusal('sha1', `The signature is made with ${uri}.`);
  throw new SamlRefusal('signature_algorithm', `The signature is made with ${quoted(uri)}.`);
}

function algorithmOf(element: Element): string {
  return attributeOf(element, 'Algorithm') ?? '';
}

function named(element: Element | undefined, name: string): boolean {
  return element !== undefined && is(element, NS.signature, name);
}

function shape(what: string): SamlRefusal {
  return new SamlRefusal('signature_shape', `The signature ${what}.`);
}
