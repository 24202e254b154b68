// Signature wrapping, as SAML Raider numbers it: what was signed stays in the document, and something else is read.
import type { SamlRefusalReason } from '@dovecote/saml';
import { HOW, valid } from '../variants.js';
import type { How } from '../variants.js';
import { ASSERTION, cut, insertedAfter, insertedBefore, ISSUER, SIGNATURE, VICTIM } from './attack.js';
import type { Attack } from './attack.js';

interface Wrapping {
  readonly number: number;
  readonly wrap: (xml: string) => string;
  readonly reason: SamlRefusalReason | Record<How, SamlRefusalReason>;
}

const unsigned = (xml: string): string => xml.replaceAll(new RegExp(SIGNATURE, 'g'), '');
const signatureIn = (xml: string): string => cut(xml, SIGNATURE)[1];
const assertionIn = (xml: string): string => cut(xml, ASSERTION)[1];

/** The same with somebody else's name, and IDs of its own. */
function evil(xml: string): string {
  return xml
    .replaceAll('anna@acme.test', VICTIM)
    .replaceAll(/ ID="_(response|assertion)"/g, ' ID="_evil_$1"');
}

/** The signature that takes what it signed into itself. */
function embracing(signature: string, original: string): string {
  return signature.replace('</ds:Signature>', () => `${original}</ds:Signature>`);
}

const wrappings: readonly Wrapping[] = [
  {
    number: 1,
    wrap: (xml) => insertedAfter(evil(unsigned(xml)), ISSUER, embracing(signatureIn(xml), unsigned(xml))),
    reason: 'several_assertions',
  },
  {
    number: 2,
    wrap: (xml) => insertedAfter(evil(unsigned(xml)), ISSUER, unsigned(xml) + signatureIn(xml)),
    reason: 'several_assertions',
  },
  {
    number: 3,
    wrap: (xml) => insertedBefore(xml, ASSERTION, evil(unsigned(assertionIn(xml)))),
    reason: 'several_assertions',
  },
  {
    number: 4,
    wrap: (xml) => {
      const [before, original, after] = cut(xml, ASSERTION);
      const outer = evil(unsigned(original));
      return before + outer.replace('</saml:Assertion>', () => `${original}</saml:Assertion>`) + after;
    },
    reason: { assertion: 'signature_shape', response: 'several_assertions', both: 'signature_shape' },
  },
  {
    number: 5,
    wrap: (xml) => {
      const [before, original, after] = cut(xml, ASSERTION);
      return before + evil(original) + unsigned(original) + after;
    },
    reason: 'several_assertions',
  },
  {
    number: 6,
    wrap: (xml) => {
      const [before, original, after] = cut(xml, ASSERTION);
      const outer = insertedAfter(
        evil(unsigned(original)),
        ISSUER,
        embracing(signatureIn(xml), unsigned(original)),
      );
      return unsigned(before) + outer + after;
    },
    reason: 'several_assertions',
  },
  {
    number: 7,
    wrap: (xml) =>
      insertedBefore(
        xml,
        ASSERTION,
        `<samlp:Extensions>${evil(unsigned(assertionIn(xml)))}</samlp:Extensions>`,
      ),
    reason: 'several_assertions',
  },
  {
    number: 8,
    wrap: (xml) => {
      const [before, original, after] = cut(xml, ASSERTION);
      const object = `<ds:Object>${unsigned(original)}</ds:Object>`;
      const outer = insertedAfter(evil(unsigned(original)), ISSUER, embracing(signatureIn(xml), object));
      return unsigned(before) + outer + after;
    },
    reason: 'several_assertions',
  },
];

const numbered = wrappings.flatMap(({ number, wrap, reason }) =>
  HOW.map((how): Attack => ({
    name: `XSW${number}, ${how} signed`,
    reason: typeof reason === 'string' ? reason : reason[how],
    make: (world) => wrap(valid(world, how)),
  })),
);

/** Wrappings that leave one assertion: the second hides behind another name, or nothing at all is signed. */
const disguised: readonly Attack[] = [
  {
    name: 'a signed assertion inside an attribute of one that is not',
    reason: 'signature_shape',
    make: (world) => {
      const [before, original, after] = cut(valid(world, 'assertion'), ASSERTION);
      const value = `<saml:AttributeValue>${original}</saml:AttributeValue>`;
      return before + insertedBefore(evil(unsigned(original)), /<\/saml:Attribute>/, value) + after;
    },
  },
  {
    name: 'a signed assertion deep in the response, and a name in another namespace',
    reason: 'namespace_confusion',
    make: (world) => {
      const [before, original, after] = cut(valid(world, 'assertion'), ASSERTION);
      const other = evil(unsigned(original)).replaceAll(
        'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"',
        'xmlns:saml="urn:evil"',
      );
      return before + other + original + after;
    },
  },
  {
    name: 'the signed assertion in Extensions alone',
    reason: 'signature_shape',
    make: (world) => {
      const [before, original, after] = cut(valid(world, 'assertion'), ASSERTION);
      return `${before}<samlp:Extensions>${original}</samlp:Extensions>${after}`;
    },
  },
  {
    name: 'the signature of the assertion moved to the response',
    reason: 'signature_shape',
    make: (world) => {
      const xml = valid(world, 'assertion');
      return insertedAfter(evil(unsigned(xml)), ISSUER, signatureIn(xml));
    },
  },
  {
    name: 'two responses',
    reason: 'malformed',
    make: (world) => valid(world, 'response') + evil(unsigned(valid(world, 'response'))),
  },
  {
    name: 'two assertions, both signed',
    reason: 'several_assertions',
    make: (world) => {
      const xml = valid(world, 'assertion');
      const second = assertionIn(valid(world, 'assertion', { assertionId: '_second' }));
      return insertedAfter(xml, ASSERTION, second);
    },
  },
  {
    name: 'an assertion beside an encrypted one',
    reason: 'several_assertions',
    make: (world) =>
      insertedAfter(
        valid(world, 'assertion'),
        ASSERTION,
        '<saml:EncryptedAssertion></saml:EncryptedAssertion>',
      ),
  },
  { name: 'no signature', reason: 'unsigned', make: (world) => unsigned(valid(world, 'both')) },
  {
    name: 'no assertion',
    reason: 'no_assertion',
    make: (world) => cut(valid(world, 'response'), ASSERTION).toSpliced(1, 1).join(''),
  },
];

export const wrapping: readonly Attack[] = [...numbered, ...disguised];
