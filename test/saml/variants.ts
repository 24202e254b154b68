import {
  assertionOf,
  claims,
  encrypted,
  MORE,
  responseOf,
  signed,
  withEncryptedName,
  XMLDSIG,
  XMLENC,
  XMLENC11,
} from './idp.js';
import type { Claims, SigningOptions } from './idp.js';
import type { World } from './world.js';

/** What is signed. */
export type How = 'assertion' | 'response' | 'both';
export const HOW: readonly How[] = ['assertion', 'response', 'both'];

export function valid(
  world: World,
  how: How,
  changes: Partial<Claims> = {},
  options: SigningOptions = {},
  key = world.idp,
): string {
  const c = claims(world.connection, changes);
  const inner = how === 'response' ? responseOf(c) : signed(responseOf(c), c.assertionId, key, options);
  return how === 'assertion' ? inner : signed(inner, c.responseId, key, options);
}

const TYPES = ' xmlns:xs="http://www.w3.org/2001/XMLSchema"';

/** Signs the namespace of types as well, after the response has declared it. */
function signedOver(world: World, how: How, response: string): string {
  const declared = response.includes(TYPES) ? ' xmlns:xs="urn:another"' : TYPES;
  const xml = response.replace('<samlp:Response', `<samlp:Response${declared}`);
  const c = claims(world.connection);
  const options = { inclusivePrefixes: ['xs'] };
  const inner = how === 'response' ? xml : signed(xml, c.assertionId, world.idp, options);
  return how === 'assertion' ? inner : signed(inner, c.responseId, world.idp, options);
}

export interface Variant {
  name: string;
  make: (world: World) => string | Promise<string>;
  /** What the connection says besides. */
  connection?: (world: World) => object;
  /** What has to come out of it. */
  login?: object;
}

const EMAIL = { email: ['anna@acme.test'] };

/** Documents of honest identity providers, as different as they come. */
export const variants: readonly Variant[] = [
  ...HOW.map((how): Variant => ({
    name: `${how} signed`,
    make: (world) => valid(world, how),
    login: { signed: how, encrypted: false, nameId: 'anna@acme.test', attributes: EMAIL },
  })),
  // Some write an empty name where there is no request.
  ...['', ' '].map((none): Variant => ({
    name: `no request, written as ${JSON.stringify(none)}`,
    make: (world) => valid(world, 'both', { responseTo: none, confirmationTo: none }),
    connection: () => ({ allowIdpInitiated: true }),
    login: { inResponseTo: undefined },
  })),
  ...['\uFEFF', ' \r\n', '\n\uFEFF\t'].map((before): Variant => ({
    name: `behind ${JSON.stringify(before)}`,
    make: (world) => `${before}<?xml version="1.0" encoding="UTF-8"?>${valid(world, 'assertion')}`,
    login: {},
  })),
  {
    name: 'attributes by their friendly names',
    make: (world) =>
      valid(world, 'response', {
        attributes:
          '<saml:Attribute Name="urn:oid:2.5.4.42" FriendlyName="givenName"><saml:AttributeValue>Anna</saml:AttributeValue></saml:Attribute>' +
          '<saml:Attribute Name="urn:oid:0.1" FriendlyName="mail"><saml:AttributeValue>other@acme.test</saml:AttributeValue></saml:Attribute>' +
          '<saml:Attribute Name=" mail "><saml:AttributeValue>anna@acme.test</saml:AttributeValue></saml:Attribute>',
      }),
    login: {
      attributes: {
        'urn:oid:2.5.4.42': ['Anna'],
        givenName: ['Anna'],
        'urn:oid:0.1': ['other@acme.test'],
        mail: ['anna@acme.test'],
      },
    },
  },
  ...HOW.flatMap((how): Variant[] => [
    {
      name: `${how} signed with the namespaces of types`,
      make: (world) => valid(world, how, {}, { inclusivePrefixes: ['xs', 'xsi', 'unknown'] }),
      login: { signed: how, attributes: EMAIL },
    },
    {
      name: `${how} signed with the namespaces of types, which the response declares`,
      make: (world) => signedOver(world, how, responseOf(claims(world.connection)).replace(TYPES, '')),
      login: { signed: how, attributes: EMAIL },
    },
    {
      name: `${how} signed with the namespaces of types, which the response declares otherwise`,
      make: (world) => signedOver(world, how, responseOf(claims(world.connection))),
      login: { signed: how, attributes: EMAIL },
    },
  ]),
  ...['sha384', 'sha512'].map((hash): Variant => ({
    name: `RSA and ${hash}`,
    make: (world) =>
      valid(
        world,
        'both',
        {},
        {
          algorithm: `${MORE}rsa-${hash}`,
          digest: hash === 'sha384' ? `${MORE}sha384` : `${XMLENC}sha512`,
        },
      ),
  })),
  {
    name: 'ECDSA',
    make: (world) => valid(world, 'both', {}, { algorithm: `${MORE}ecdsa-sha256` }, world.idpEc),
  },
  {
    name: 'the next certificate',
    make: (world) => valid(world, 'assertion', {}, {}, world.idpNext),
    login: { signed: 'assertion' },
  },
  { name: 'no KeyInfo', make: (world) => valid(world, 'both', {}, { keyInfo: null }) },
  {
    name: 'an expired certificate where that is allowed',
    make: (world) => valid(world, 'assertion', {}, {}, world.idpExpired),
    connection: () => ({ allowExpiredCertificates: true }),
  },
  {
    name: 'an encrypted, signed assertion',
    make: (world) => encrypted(valid(world, 'assertion'), world.sp),
    login: { signed: 'assertion', encrypted: true, attributes: EMAIL },
  },
  {
    name: 'an encrypted assertion in a signed response',
    make: async (world) => {
      const c = claims(world.connection);
      return signed(await encrypted(responseOf(c), world.sp), c.responseId, world.idp);
    },
    login: { signed: 'response', encrypted: true },
  },
  {
    name: 'an encrypted, signed assertion in a signed response',
    make: async (world) =>
      signed(await encrypted(valid(world, 'assertion'), world.sp), '_response', world.idp),
    login: { signed: 'both', encrypted: true },
  },
  {
    name: 'an encrypted name in a signed assertion',
    make: async (world) => {
      const c = claims(world.connection);
      return signed(await withEncryptedName(responseOf(c), world.sp), c.assertionId, world.idp);
    },
    login: { signed: 'assertion', encrypted: false },
  },
  {
    name: 'AES-128, for our next key',
    make: (world) => encrypted(valid(world, 'assertion'), world.spNext, { content: `${XMLENC11}aes128-gcm` }),
    login: { encrypted: true },
  },
  {
    name: 'OAEP with SHA-256',
    make: async (world) =>
      (await encrypted(valid(world, 'assertion'), world.sp, { digest: 'sha256' })).replace(
        /<e:EncryptionMethod Algorithm="[^"]*rsa-oaep-mgf1p">[\s\S]*?<\/e:EncryptionMethod>/,
        `<e:EncryptionMethod Algorithm="${XMLENC11}rsa-oaep"><d:DigestMethod xmlns:d="${XMLDSIG}" Algorithm="${XMLENC}sha256"/>` +
          `<m:MGF xmlns:m="${XMLENC11}" Algorithm="${XMLENC11}mgf1sha256"/></e:EncryptionMethod>`,
      ),
    login: { encrypted: true },
  },
  {
    name: 'typed values, several values, and attributes that come twice',
    make: (world) =>
      valid(world, 'assertion', {
        attributes:
          '<saml:Attribute Name="email" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic">' +
          '<saml:AttributeValue xsi:type="xs:string">anna@acme.test</saml:AttributeValue></saml:Attribute>' +
          '<saml:Attribute Name="groups"><saml:AttributeValue xsi:type="xs:anyType">a &amp; b</saml:AttributeValue>' +
          '<saml:AttributeValue>c</saml:AttributeValue></saml:Attribute>' +
          '<saml:Attribute Name="groups"><saml:AttributeValue>d</saml:AttributeValue></saml:Attribute>' +
          '<saml:Attribute Name="__proto__"><saml:AttributeValue>e</saml:AttributeValue></saml:Attribute>' +
          '<saml:Attribute Name="empty"/>',
      }),
    login: {
      attributes: Object.fromEntries([
        ['email', ['anna@acme.test']],
        ['groups', ['a & b', 'c', 'd']],
        ['__proto__', ['e']],
        ['empty', []],
      ]),
    },
  },
  {
    name: 'a sign-in that began at the identity provider, where that is allowed',
    make: (world) => valid(world, 'assertion', { responseTo: undefined, confirmationTo: undefined }),
    connection: () => ({ allowIdpInitiated: true }),
    login: { inResponseTo: undefined },
  },
  {
    name: 'the request named in the assertion alone',
    make: (world) => valid(world, 'assertion', { responseTo: undefined }),
    login: { inResponseTo: '_request1' },
  },
  {
    name: 'the request named in the signed response alone',
    make: (world) => valid(world, 'response', { confirmationTo: undefined }),
    login: { inResponseTo: '_request1' },
  },
  {
    name: 'several audiences, one of them ours',
    make: (world) =>
      valid(world, 'assertion', {
        audience: `https://else.test</saml:Audience><saml:Audience>${world.connection.spEntityId}`,
      }),
  },
  {
    name: 'clocks that differ by half a minute',
    make: (world) =>
      valid(world, 'assertion', {
        issueInstant: '2026-11-22T12:00:30Z',
        notBefore: '2026-11-22T12:00:30Z',
        authnInstant: '2026-11-22T12:00:30.123Z',
      }),
  },
  {
    name: 'times with a zone, and an end half a minute ago',
    make: (world) =>
      valid(world, 'assertion', {
        notBefore: '2026-11-22T12:55:00+01:00',
        notOnOrAfter: '2026-11-22T11:59:30Z',
        confirmationEnd: '2026-11-22T11:59:30Z',
      }),
  },
  {
    name: 'comments and line breaks between elements',
    make: (world) => {
      const c = claims(world.connection);
      const spaced = assertionOf(c).replaceAll('><saml:A', '>\r\n  <!-- next -->\r\n<saml:A');
      return signed(responseOf(c, spaced), c.assertionId, world.idp);
    },
  },
  {
    name: 'a declaration and no Destination',
    make: (world) =>
      `<?xml version="1.0" encoding="UTF-8"?>\n${valid(world, 'assertion', { destination: undefined })}`,
  },
];
