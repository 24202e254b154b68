// Signatures that are broken, weak, somebody else's, or not over what they seem to be over.
import { EXCLUSIVE, MORE, signed, XMLDSIG } from '../idp.js';
import type { SigningOptions } from '../idp.js';
import { valid } from '../variants.js';
import { changed, cut, insertedBefore, SIGNATURE, VICTIM } from './attack.js';
import type { Attack } from './attack.js';

const SIGNED_INFO = /<ds:SignedInfo>[\s\S]*?<\/ds:SignedInfo>/;
const REFERENCE = /<ds:Reference [\s\S]*?<\/ds:Reference>/;
const DIGEST = /(?<=<ds:DigestValue>)[^<]*/;
const VALUE = /(?<=<ds:SignatureValue>)[^<]*/;
const ENVELOPED = `${XMLDSIG}enveloped-signature`;
const INCLUSIVE = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';

/** The same document, signed with other options. */
function options(name: string, reason: Attack['reason'], more: SigningOptions): Attack {
  return { name, reason, make: (world) => valid(world, 'assertion', {}, more) };
}

/** A valid document, changed afterwards. */
function damage(name: string, reason: Attack['reason'], change: (xml: string) => string): Attack {
  return { name, reason, make: (world) => change(valid(world, 'assertion')) };
}

const weak: readonly Attack[] = [
  options('RSA-SHA1', 'sha1', { algorithm: `${XMLDSIG}rsa-sha1` }),
  options('a SHA-1 digest', 'sha1', { digest: `${XMLDSIG}sha1` }),
  options('inclusive canonicalization of SignedInfo', 'signature_algorithm', {
    canonicalization: INCLUSIVE,
  }),
  options('canonicalization with comments', 'signature_algorithm', {
    canonicalization: `${EXCLUSIVE}WithComments`,
  }),
  options('a transform with comments', 'signature_algorithm', {
    transforms: [ENVELOPED, `${EXCLUSIVE}WithComments`],
  }),
  options('an inclusive transform', 'signature_algorithm', { transforms: [ENVELOPED, INCLUSIVE] }),
  options('transforms in another order', 'signature_shape', { transforms: [EXCLUSIVE, ENVELOPED] }),
  ...['hmac-sha256', 'hmac-sha1'].map((name): Attack => ({
    name: `${name} with the certificate as its key`,
    reason: name === 'hmac-sha1' ? 'sha1' : 'signature_algorithm',
    make: (world) => {
      const publicKey = { ...world.idp, privateKeyPem: world.idp.certificatePem };
      const algorithm = (name === 'hmac-sha1' ? XMLDSIG : MORE) + name;
      return valid(world, 'assertion', {}, { algorithm }, publicKey);
    },
  })),
  damage('an XPath transform', 'signature_algorithm', (xml) =>
    changed(
      xml,
      `<ds:Transform Algorithm="${EXCLUSIVE}"/>`,
      '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"/>',
    ),
  ),
  damage('a third transform', 'signature_shape', (xml) =>
    changed(xml, '</ds:Transforms>', `<ds:Transform Algorithm="${EXCLUSIVE}"/></ds:Transforms>`),
  ),
  damage('a parameter of the enveloped transform', 'signature_shape', (xml) =>
    changed(
      xml,
      `<ds:Transform Algorithm="${ENVELOPED}"/>`,
      `<ds:Transform Algorithm="${ENVELOPED}"><ds:XPath>true()</ds:XPath></ds:Transform>`,
    ),
  ),
  damage('a parameter of the canonicalization that is none', 'signature_shape', (xml) =>
    changed(
      xml,
      `<ds:Transform Algorithm="${EXCLUSIVE}"/>`,
      `<ds:Transform Algorithm="${EXCLUSIVE}"><ds:XPath>true()</ds:XPath></ds:Transform>`,
    ),
  ),
  damage('a truncated HMAC', 'signature_shape', (xml) =>
    changed(
      xml,
      /<ds:SignatureMethod ([^>]*)\/>/,
      `<ds:SignatureMethod Algorithm="${MORE}rsa-sha256"><ds:HMACOutputLength>8</ds:HMACOutputLength></ds:SignatureMethod>`,
    ),
  ),
];

const storm: readonly Attack[] = [
  damage('two SignedInfo, the first forged', 'signature_shape', (xml) => {
    const [before, info, after] = cut(xml, SIGNED_INFO);
    return before + changed(info, DIGEST, 'AAAA') + info + after;
  }),
  damage('two SignedInfo, the second forged', 'signature_shape', (xml) => {
    const [before, info, after] = cut(xml, SIGNED_INFO);
    return before + info + changed(info, DIGEST, 'AAAA') + after;
  }),
  damage('a comment in DigestValue', 'signature_shape', (xml) => {
    const [before, digest, after] = cut(xml, DIGEST);
    return `${before}<!--AAAA-->${digest}${after}`;
  }),
  damage('a comment in SignatureValue', 'signature_shape', (xml) =>
    changed(xml, '<ds:SignatureValue>', '<ds:SignatureValue><!--AAAA-->'),
  ),
  damage('a comment in SignedInfo', 'signature_shape', (xml) =>
    changed(xml, '<ds:SignedInfo>', '<ds:SignedInfo><!--AAAA-->'),
  ),
  damage('CDATA in DigestValue', 'signature_shape', (xml) => {
    const [before, digest, after] = cut(xml, DIGEST);
    return `${before}<![CDATA[${digest}]]>${after}`;
  }),
  damage('two DigestValue', 'signature_shape', (xml) =>
    changed(xml, '</ds:Reference>', '<ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>'),
  ),
  damage('two references', 'signature_shape', (xml) => {
    const [before, reference, after] = cut(xml, REFERENCE);
    return before + reference + reference + after;
  }),
  damage('a SignedInfo of another namespace before the real one', 'namespace_confusion', (xml) => {
    const [before, info, after] = cut(xml, SIGNED_INFO);
    return `${before}<x:SignedInfo xmlns:x="urn:evil">${info.slice(15, -16)}</x:SignedInfo>${info}${after}`;
  }),
  damage('two signatures in one assertion', 'signature_shape', (xml) => {
    const [before, signature, after] = cut(xml, SIGNATURE);
    return before + signature + signature + after;
  }),
  damage('an Object in the signature', 'signature_shape', (xml) =>
    changed(xml, '</ds:Signature>', '<ds:Object>a</ds:Object></ds:Signature>'),
  ),
];

const broken: readonly Attack[] = [
  damage('another name', 'bad_signature', (xml) =>
    changed(xml, '>anna@acme.test</saml:NameID>', `>${VICTIM}</saml:NameID>`),
  ),
  damage('another digest', 'bad_signature', (xml) => changed(xml, DIGEST, 'AAAA')),
  damage('another signature value', 'bad_signature', (xml) => {
    const [before, value, after] = cut(xml, VALUE);
    return `${before}AAAA${value.slice(4)}${after}`;
  }),
  damage('an empty signature value', 'bad_signature', (xml) => changed(xml, VALUE, '')),
  damage('a reference to the whole document', 'signature_shape', (xml) =>
    changed(xml, 'URI="#_assertion"', 'URI=""'),
  ),
  damage('a reference to nothing', 'signature_shape', (xml) =>
    changed(xml, 'URI="#_assertion"', 'URI="#_none"'),
  ),
  damage('a reference that breaks out of XPath', 'signature_shape', (xml) =>
    changed(xml, 'URI="#_assertion"', `URI="#_assertion' or '1'='1"`),
  ),
  damage('a reference by XPointer', 'signature_shape', (xml) =>
    changed(xml, 'URI="#_assertion"', 'URI="#xpointer(/)"'),
  ),
  {
    name: 'the response changed around a signed assertion, both signed',
    reason: 'bad_signature',
    make: (world) =>
      insertedBefore(valid(world, 'both'), /<samlp:Status>/, '<samlp:Extensions></samlp:Extensions>'),
  },
  {
    name: 'a signed response with a broken assertion signature',
    reason: 'bad_signature',
    make: (world) => {
      const [before, assertion, after] = cut(valid(world, 'both'), /<saml:Assertion [\s\S]*/);
      return before + changed(assertion, DIGEST, 'AAAA') + after;
    },
  },
];

const keys: readonly Attack[] = [
  {
    name: 'the key of the other organization’s identity provider, in the name of ours',
    reason: 'unknown_signing_key',
    make: (world) => valid(world, 'both', {}, {}, world.stranger),
  },
  {
    name: 'the same without KeyInfo',
    reason: 'unknown_signing_key',
    make: (world) => valid(world, 'assertion', {}, { keyInfo: null }, world.stranger),
  },
  {
    // Told without digesting the document, which a stranger could make long.
    name: 'the same over something else',
    reason: 'unknown_signing_key',
    make: (world) =>
      changed(
        valid(world, 'assertion', {}, {}, world.stranger),
        '>anna@acme.test</saml:NameID>',
        `>${VICTIM}</saml:NameID>`,
      ),
  },
  {
    name: 'the attacker’s key, with our certificate in KeyInfo',
    reason: 'bad_signature',
    make: (world) => valid(world, 'assertion', {}, { keyInfo: world.idp }, world.stranger),
  },
  {
    name: 'an RSA signature that calls itself ECDSA',
    reason: 'bad_signature',
    make: (world) => changed(valid(world, 'assertion'), `${MORE}rsa-sha256`, `${MORE}ecdsa-sha256`),
  },
  {
    name: 'an expired certificate',
    reason: 'certificate_expired',
    make: (world) => valid(world, 'assertion', {}, {}, world.idpExpired),
  },
  {
    name: 'a connection without certificates',
    reason: 'unknown_signing_key',
    make: (world) => valid(world, 'assertion'),
    connection: ({ connection }) => ({ idp: { ...connection.idp, certificates: [] } }),
  },
  {
    name: 'our own key',
    reason: 'unknown_signing_key',
    make: (world) => valid(world, 'assertion', {}, {}, world.sp),
  },
  {
    name: 'a second signature by the attacker around the response',
    reason: 'unknown_signing_key',
    make: (world) => signed(valid(world, 'assertion'), '_response', world.stranger),
  },
];

export const signature: readonly Attack[] = [...weak, ...storm, ...broken, ...keys];
