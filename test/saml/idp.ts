import { createHash, createHmac, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { SignedXml } from 'xml-crypto';
import { encrypt } from 'xml-encryption';
import type { EncryptOptions } from 'xml-encryption';
import type { SamlConnection, SpKey } from '@dovecote/saml';
import { now, REQUEST } from './world.js';

export const XMLDSIG = 'http://www.w3.org/2000/09/xmldsig#';
export const MORE = 'http://www.w3.org/2001/04/xmldsig-more#';
export const XMLENC = 'http://www.w3.org/2001/04/xmlenc#' as const;
export const XMLENC11 = 'http://www.w3.org/2009/xmlenc11#' as const;
export const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const EMAIL_ADDRESS = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';
export const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success';

/** What an identity provider writes into a response; undefined leaves the attribute out. */
export interface Claims {
  responseId: string;
  assertionId: string;
  destination?: string;
  responseTo?: string;
  confirmationTo?: string;
  responseIssuer?: string;
  issuer: string;
  audience?: string;
  recipient?: string;
  nameId: string;
  nameIdFormat?: string;
  status: string;
  notBefore: string;
  notOnOrAfter: string;
  confirmationEnd?: string;
  issueInstant: string;
  authnInstant: string;
  sessionEnd: string;
  confirmation: string;
  version: string;
  conditions: string;
  attributes: string;
}

export function claims(connection: SamlConnection, changes: Partial<Claims> = {}): Claims {
  return {
    responseId: '_response',
    assertionId: '_assertion',
    destination: connection.acsUrl,
    responseTo: REQUEST,
    confirmationTo: REQUEST,
    responseIssuer: connection.idp.entityId,
    issuer: connection.idp.entityId,
    audience: connection.spEntityId,
    recipient: connection.acsUrl,
    nameId: 'anna@acme.test',
    status: SUCCESS,
    notBefore: minutes(-5),
    notOnOrAfter: minutes(5),
    confirmationEnd: minutes(5),
    issueInstant: minutes(0),
    authnInstant: minutes(-1),
    sessionEnd: minutes(480),
    confirmation: 'urn:oasis:names:tc:SAML:2.0:cm:bearer',
    version: '2.0',
    conditions: '',
    attributes:
      '<saml:Attribute Name="email"><saml:AttributeValue>anna@acme.test</saml:AttributeValue></saml:Attribute>',
    ...changes,
  };
}

export function minutes(count: number): string {
  return new Date(now.getTime() + count * 60_000).toISOString();
}

export function responseOf(c: Claims, assertion = assertionOf(c)): string {
  return (
    '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"' +
    ` ID="${c.responseId}" Version="${c.version}" IssueInstant="${c.issueInstant}"` +
    `${attribute('Destination', c.destination)}${attribute('InResponseTo', c.responseTo)}>` +
    (c.responseIssuer === undefined ? '' : `<saml:Issuer>${c.responseIssuer}</saml:Issuer>`) +
    `<samlp:Status><samlp:StatusCode Value="${c.status}"/></samlp:Status>${assertion}</samlp:Response>`
  );
}

export function assertionOf(c: Claims): string {
  const audience =
    c.audience === undefined
      ? ''
      : `<saml:AudienceRestriction><saml:Audience>${c.audience}</saml:Audience></saml:AudienceRestriction>`;
  return (
    '<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:xs="http://www.w3.org/2001/XMLSchema"' +
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"' +
    ` ID="${c.assertionId}" Version="2.0" IssueInstant="${c.issueInstant}"><saml:Issuer>${c.issuer}</saml:Issuer>` +
    `<saml:Subject><saml:NameID Format="${c.nameIdFormat ?? EMAIL_ADDRESS}">` +
    `${c.nameId}</saml:NameID><saml:SubjectConfirmation Method="${c.confirmation}"><saml:SubjectConfirmationData` +
    `${attribute('Recipient', c.recipient)}${attribute('NotOnOrAfter', c.confirmationEnd)}` +
    `${attribute('InResponseTo', c.confirmationTo)}/></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${c.notBefore}" NotOnOrAfter="${c.notOnOrAfter}">${audience}${c.conditions}</saml:Conditions>` +
    `<saml:AuthnStatement AuthnInstant="${c.authnInstant}" SessionIndex="_session"` +
    ` SessionNotOnOrAfter="${c.sessionEnd}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password` +
    '</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>' +
    `<saml:AttributeStatement>${c.attributes}</saml:AttributeStatement></saml:Assertion>`
  );
}

function attribute(name: string, value: string | undefined): string {
  return value === undefined ? '' : ` ${name}="${value}"`;
}

export interface SigningOptions {
  algorithm?: string;
  digest?: string;
  canonicalization?: string;
  transforms?: string[];
  /** Prefixes whose namespaces are signed wherever they are declared. */
  inclusivePrefixes?: string[];
  /** The certificate in KeyInfo, when it is another than the key's; null leaves KeyInfo out. */
  keyInfo?: SpKey | null;
}

/** Signs the element with this ID, behind its issuer. */
export function signed(xml: string, id: string, key: SpKey, options: SigningOptions = {}): string {
  const signer = new SignedXml({
    privateKey: key.privateKeyPem,
    publicCert: options.keyInfo === null ? undefined : (options.keyInfo ?? key).certificatePem,
    signatureAlgorithm: options.algorithm ?? `${MORE}rsa-sha256`,
    canonicalizationAlgorithm: options.canonicalization ?? EXCLUSIVE,
  });
  Object.assign(signer.SignatureAlgorithms, signatureClasses());
  Object.assign(signer.HashAlgorithms, { [`${MORE}sha384`]: hashClass(`${MORE}sha384`, 'sha384') });
  signer.addReference({
    xpath: `//*[@ID='${id}']`,
    transforms: options.transforms ?? [`${XMLDSIG}enveloped-signature`, EXCLUSIVE],
    digestAlgorithm: options.digest ?? `${XMLENC}sha256`,
    inclusiveNamespacesPrefixList: options.inclusivePrefixes,
  });
  signer.computeSignature(xml, {
    prefix: 'ds',
    location: { reference: `//*[@ID='${id}']/*[local-name()='Issuer']`, action: 'after' },
  });
  return signer.getSignedXml();
}

/** Those that xml-crypto does not bring along. */
function signatureClasses(): Record<string, new () => object> {
  const makers: Record<string, (text: string, key: string) => Buffer> = {
    [`${MORE}rsa-sha384`]: (text, key) => sign('sha384', Buffer.from(text), key),
    [`${MORE}ecdsa-sha256`]: (text, key) =>
      sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }),
    [`${MORE}hmac-sha256`]: (text, key) => createHmac('sha256', key).update(text).digest(),
    [`${XMLDSIG}hmac-sha1`]: (text, key) => createHmac('sha1', key).update(text).digest(),
  };
  return Object.fromEntries(
    Object.entries(makers).map(([uri, make]) => [
      uri,
      class {
        getAlgorithmName = (): string => uri;
        getSignature = (text: string, key: string): string => make(text, key).toString('base64');
      },
    ]),
  );
}

function hashClass(uri: string, name: string): new () => object {
  return class {
    getAlgorithmName = (): string => uri;
    getHash = (xml: string): string => createHash(name).update(xml).digest('base64');
  };
}

export interface EncryptionOptions {
  content?: EncryptOptions['encryptionAlgorithm'];
  key?: EncryptOptions['keyEncryptionAlgorithm'];
  digest?: 'sha1' | 'sha256';
  /** What is encrypted in the place of the assertion, or of the name. */
  plaintext?: string;
}

/** The assertion in this response, encrypted for us. */
export async function encrypted(xml: string, sp: SpKey, options: EncryptionOptions = {}): Promise<string> {
  const [assertion = ''] = /<saml:Assertion [\s\S]*<\/saml:Assertion>/.exec(xml) ?? [];
  const data = await encryptedData(options.plaintext ?? assertion, sp, options);
  return xml.replace(assertion, () => `<saml:EncryptedAssertion>${data}</saml:EncryptedAssertion>`);
}

/** The name in this message, encrypted for us. */
export async function withEncryptedName(
  xml: string,
  sp: SpKey,
  options: EncryptionOptions = {},
): Promise<string> {
  const [name = ''] = /<saml:NameID[\s\S]*<\/saml:NameID>/.exec(xml) ?? [];
  const alone = name.replace(
    '<saml:NameID',
    '<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"',
  );
  const data = await encryptedData(options.plaintext ?? alone, sp, options);
  return xml.replace(name, () => `<saml:EncryptedID>${data}</saml:EncryptedID>`);
}

function encryptedData(plaintext: string, sp: SpKey, options: EncryptionOptions): Promise<string> {
  const all: EncryptOptions & { keyEncryptionDigest: string } = {
    rsa_pub: sp.certificatePem,
    pem: sp.certificatePem,
    encryptionAlgorithm: options.content ?? `${XMLENC11}aes256-gcm`,
    keyEncryptionAlgorithm: options.key ?? `${XMLENC}rsa-oaep-mgf1p`,
    keyEncryptionDigest: options.digest ?? 'sha1',
    warnInsecureAlgorithm: false,
  };
  return promisify(encrypt)(plaintext, all);
}
