// Documents that two readers read differently.
import { deflateRawSync } from 'node:zlib';
import { claims, responseOf, signed } from '../idp.js';
import { valid } from '../variants.js';
import type { World } from '../world.js';
import { changed, insertedAfter, VICTIM } from './attack.js';
import type { Attack } from './attack.js';

function damage(name: string, reason: Attack['reason'], change: (xml: string) => string): Attack {
  return { name, reason, make: (world) => change(valid(world, 'assertion')) };
}

/** Signed with the disguise in it: the signature is good. */
function within(name: string, reason: Attack['reason'], nameId: string): Attack {
  return { name, reason, make: (world) => valid(world, 'assertion', { nameId }) };
}

function attributes(name: string, reason: Attack['reason'], value: string): Attack {
  const markup = `<saml:Attribute Name="email"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`;
  return { name, reason, make: (world) => valid(world, 'assertion', { attributes: markup }) };
}

const field = (name: string, reason: Attack['reason'], change: (base64: string) => string): Attack => ({
  name,
  reason,
  make: (world) => valid(world, 'assertion'),
  field: (xml) => change(Buffer.from(xml).toString('base64')),
});

const lexical: readonly Attack[] = [
  damage('a DOCTYPE', 'doctype', (xml) => `<!DOCTYPE samlp:Response>${xml}`),
  damage('an entity for the name', 'doctype', (xml) =>
    changed(
      `<!DOCTYPE a [<!ENTITY who "${VICTIM}">]>${xml}`,
      '>anna@acme.test</saml:NameID>',
      '>&who;</saml:NameID>',
    ),
  ),
  damage('entities that grow', 'doctype', (xml) => {
    const growth = Array.from({ length: 9 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`);
    return `<!DOCTYPE a [<!ENTITY e0 "ha">${growth.join('')}]>${xml}`;
  }),
  damage('an external entity', 'doctype', (xml) => `<!DOCTYPE a SYSTEM "file:///etc/passwd">${xml}`),
  damage('a DOCTYPE behind the root', 'malformed', (xml) => `${xml}<!DOCTYPE a>`),
  damage('an entity that nobody declared', 'malformed', (xml) => changed(xml, '>anna@', '>&who;@')),
  damage('an entity of HTML', 'malformed', (xml) => changed(xml, '>anna@', '>&eacute;@')),
  damage('a processing instruction', 'processing_instruction', (xml) => `<?a b?>${xml}`),
  damage('a processing instruction within', 'processing_instruction', (xml) =>
    changed(xml, '<samlp:Status>', '<?a b?><samlp:Status>'),
  ),
  damage('another encoding', 'malformed', (xml) => `<?xml version="1.0" encoding="UTF-7"?>${xml}`),
  damage('XML 1.1', 'malformed', (xml) => `<?xml version="1.1"?>${xml}`),
  damage('text behind the root', 'malformed', (xml) => `${xml}evil`),
  damage('an end that is missing', 'malformed', (xml) => changed(xml, '</samlp:Response>', '')),
  damage('an attribute twice', 'malformed', (xml) =>
    changed(xml, ' ID="_assertion"', ' ID="_assertion" ID="_evil"'),
  ),
  damage('an attribute without quotes', 'malformed', (xml) => changed(xml, 'Version="2.0"', 'Version=2.0')),
  damage('an undeclared prefix', 'malformed', (xml) =>
    changed(xml, '<samlp:Status>', '<samlp:Status evil:a="b">'),
  ),
  damage('a control character', 'malformed', (xml) => changed(xml, '<samlp:Status>', '\u0001<samlp:Status>')),
  damage('a reference to no character', 'malformed', (xml) => changed(xml, '>anna@', '>&#0;@')),
  damage('elements within elements', 'too_large', (xml) =>
    changed(xml, '<samlp:Status>', `${'<a>'.repeat(100)}${'</a>'.repeat(100)}<samlp:Status>`),
  ),
  damage('many elements', 'too_large', (xml) =>
    changed(xml, '<samlp:Status>', `${'<a/>'.repeat(30_000)}<samlp:Status>`),
  ),
  damage('no XML', 'malformed', () => 'hello'),
  damage('nothing', 'malformed', () => ''),
  damage('another document', 'not_a_response', () => '<html xmlns="http://www.w3.org/1999/xhtml"/>'),
  damage(
    'a response of SAML 1.1',
    'not_a_response',
    () => '<Response xmlns="urn:oasis:names:tc:SAML:1.0:protocol"/>',
  ),
  damage(
    'a bare assertion',
    'not_a_response',
    (xml) => /<saml:Assertion [\s\S]*<\/saml:Assertion>/.exec(xml)![0],
  ),
];

const encodings: readonly Attack[] = [
  field('no base64', 'malformed', (base64) => `${base64.slice(0, 100)}!${base64.slice(101)}`),
  field('base64 of URLs', 'malformed', (base64) => `-_${base64.slice(2)}`),
  field('cut base64', 'malformed', (base64) => base64.slice(0, -401)),
  field('a cut document', 'malformed', (base64) => base64.slice(0, -400)),
  field('something behind the padding', 'malformed', (base64) => `${base64}====`),
  field('megabytes', 'too_large', (base64) => base64.repeat(1000)),
  field('a document that is too large once decoded', 'too_large', () => 'PGEv'.repeat(88_000)),
  {
    name: 'a compressed response',
    reason: 'malformed',
    make: (world) => valid(world, 'assertion'),
    field: (xml) => deflateRawSync(xml).toString('base64'),
  },
  {
    name: 'a bomb',
    reason: 'malformed',
    make: () => `<a>${' '.repeat(50_000_000)}</a>`,
    field: (xml) => deflateRawSync(xml).toString('base64'),
  },
  {
    name: 'UTF-16',
    reason: 'malformed',
    make: (world) => valid(world, 'assertion'),
    field: (xml) => Buffer.from(`\uFEFF${xml}`, 'utf16le').toString('base64'),
  },
];

const hidden: readonly Attack[] = [
  within('a comment in the name', 'hidden_text', `${VICTIM}<!---->.evil.test`),
  damage('a processing instruction in the name', 'processing_instruction', (xml) =>
    changed(xml, '>anna@acme', '>anna@<?a?>acme'),
  ),
  within('CDATA in the name', 'hidden_text', `<![CDATA[${VICTIM}]]>.evil.test`),
  within('an element in the name', 'malformed', `${VICTIM}<saml:a/>.evil.test`),
  attributes('a comment in an attribute', 'hidden_text', `${VICTIM}<!---->.evil.test`),
  attributes('CDATA in an attribute', 'hidden_text', `<![CDATA[${VICTIM}]]>.evil.test`),
  attributes('a comment deep in an attribute', 'hidden_text', `<xs:a>${VICTIM}<!----></xs:a>`),
  damage('a comment put into the signed name', 'hidden_text', (xml) =>
    changed(xml, '>anna@acme', '>anna@<!-- -->acme'),
  ),
  {
    name: 'a comment in the audience',
    reason: 'hidden_text',
    make: (world) => valid(world, 'assertion', { audience: 'https://dovecote.test/saml/acme<!---->.evil' }),
  },
  {
    name: 'a comment in the issuer',
    reason: 'hidden_text',
    make: (world) => valid(world, 'assertion', { issuer: 'https://idp.acme.test/<!---->evil' }),
  },
];

const namespaces: readonly Attack[] = [
  damage('a relative namespace', 'relative_namespace', (xml) =>
    changed(xml, 'xmlns:samlp=', 'xmlns:ns="1" xmlns:samlp='),
  ),
  damage('a namespace that is ours but for a blank', 'relative_namespace', (xml) =>
    changed(xml, 'xmlns:saml="urn:oasis', 'xmlns:saml=" urn:oasis'),
  ),
  damage(
    'a namespace with quotes in it, which some canonicalize into an attribute',
    'relative_namespace',
    (xml) => changed(xml, '<saml:Subject>', '<x:a xmlns:x="urn:x&quot; ID=&quot;_a"/><saml:Subject>'),
  ),
  damage('an attribute of SignedInfo that begins like a declaration', 'bad_signature', (xml) =>
    changed(xml, '<ds:SignedInfo>', '<ds:SignedInfo xmlnsx="a">'),
  ),
  {
    // Libraries that fail to canonicalize sign and digest nothing at all.
    name: 'void canonicalization: a relative namespace within what is signed',
    reason: 'relative_namespace',
    make: (world) =>
      changed(valid(world, 'assertion'), '<saml:Subject>', '<saml:Subject xmlns:ns="../evil">'),
  },
  damage('a prefix that is undeclared again', 'malformed', (xml) =>
    changed(xml, '<saml:Subject>', '<saml:Subject xmlns:saml="">'),
  ),
  damage('xml bound to something else', 'malformed', (xml) =>
    changed(xml, '<saml:Subject>', '<saml:Subject xmlns:xml="urn:a">'),
  ),
  damage('an ID in a namespace, beside the real one', 'namespace_confusion', (xml) =>
    changed(xml, ' ID="_response"', ' ID="_response" samlp:ID="_assertion"'),
  ),
  damage('an ID in a namespace, in the assertion', 'namespace_confusion', (xml) =>
    changed(xml, ' ID="_assertion"', ' ID="_assertion" saml:ID="_evil"'),
  ),
  damage('xml:id', 'namespace_confusion', (xml) =>
    changed(xml, '<samlp:Status>', '<samlp:Status xml:id="_assertion">'),
  ),
  damage('two spellings of ID', 'duplicate_id', (xml) =>
    changed(xml, ' ID="_assertion"', ' ID="_assertion" Id="_evil"'),
  ),
  damage('the same ID twice', 'duplicate_id', (xml) => changed(xml, ' ID="_response"', ' ID="_assertion"')),
  damage('the same ID in another spelling', 'duplicate_id', (xml) =>
    changed(xml, '<samlp:Status>', '<samlp:Status id="_assertion">'),
  ),
  damage('a DigestValue of no namespace', 'namespace_confusion', (xml) =>
    changed(xml, '<ds:DigestValue>', '<DigestValue>AAAA</DigestValue><ds:DigestValue>'),
  ),
  damage('a Signature of another namespace in front', 'namespace_confusion', (xml) =>
    insertedAfter(xml, /<samlp:Response [^>]*>/, '<x:Signature xmlns:x="urn:evil"/>'),
  ),
  {
    name: 'an assertion of another namespace, signed',
    reason: 'namespace_confusion',
    make: (world: World) => {
      const c = claims(world.connection);
      const xml = responseOf(c).replaceAll('urn:oasis:names:tc:SAML:2.0:assertion"', 'urn:evil"');
      return signed(xml, c.assertionId, world.idp);
    },
  },
];

export const disguise: readonly Attack[] = [...lexical, ...encodings, ...hidden, ...namespaces];
