import { X509Certificate } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import type { SamlConnection, SpKey } from '@dovecote/saml';

export interface ResponseOptions {
  readonly signed: 'assertion' | 'response' | 'both';
  readonly attributes: number;
  readonly now: Date;
  /** The id of what it answers; also sets its own apart from those of other responses. */
  readonly request?: string;
  readonly nameId?: string;
}

export function samlConnection(idp: SpKey, sp: SpKey): SamlConnection {
  const { validFromDate, validToDate, subject, fingerprint256 } = new X509Certificate(idp.certificatePem);
  const certificate = {
    pem: idp.certificatePem,
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    subject,
    notBefore: validFromDate,
    notAfter: validToDate,
  };
  return {
    spEntityId: 'https://dovecote.test/saml/acme',
    acsUrl: 'https://dovecote.test/saml/acme/acs',
    idp: {
      entityId: 'https://idp.acme.test/',
      certificates: [certificate],
      wantAuthnRequestsSigned: false,
      nameIdFormats: [],
    },
    keys: [sp],
    allowIdpInitiated: false,
  };
}

/** The base64 of a response as common identity providers write it. */
export function samlResponse(connection: SamlConnection, idp: SpKey, options: ResponseOptions): string {
  const { request = '_request', nameId = 'anna@acme.test' } = options;
  const [responseId, assertionId] = [`_response${request}`, `_assertion${request}`];
  const issued = options.now.toISOString();
  const end = new Date(options.now.getTime() + 300_000).toISOString();
  const issuer = `<saml:Issuer>${connection.idp.entityId}</saml:Issuer>`;
  const attributes = Array.from(
    { length: options.attributes },
    (_, index) =>
      `<saml:Attribute Name="https://idp.acme.test/claims/${index}"><saml:AttributeValue>value ${index}</saml:AttributeValue></saml:Attribute>`,
  );
  const assertion =
    `<saml:Assertion ID="${assertionId}" Version="2.0" IssueInstant="${issued}">${issuer}<saml:Subject>` +
    `<saml:NameID>${nameId}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">` +
    `<saml:SubjectConfirmationData Recipient="${connection.acsUrl}" NotOnOrAfter="${end}" InResponseTo="${request}"/>` +
    `</saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="${issued}" NotOnOrAfter="${end}">` +
    `<saml:AudienceRestriction><saml:Audience>${connection.spEntityId}</saml:Audience></saml:AudienceRestriction>` +
    `</saml:Conditions><saml:AuthnStatement AuthnInstant="${issued}" SessionIndex="_session"><saml:AuthnContext>` +
    '<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>' +
    `</saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>${attributes.join('')}</saml:AttributeStatement>` +
    '</saml:Assertion>';
  const response =
    '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"' +
    ` ID="${responseId}" Version="2.0" IssueInstant="${issued}" Destination="${connection.acsUrl}" InResponseTo="${request}">` +
    `${issuer}<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>` +
    `${assertion}</samlp:Response>`;
  const inner = options.signed === 'response' ? response : signed(response, assertionId, idp);
  const outer = options.signed === 'assertion' ? inner : signed(inner, responseId, idp);
  return Buffer.from(outer).toString('base64');
}

function signed(xml: string, id: string, key: SpKey): string {
  const signer = new SignedXml({
    privateKey: key.privateKeyPem,
    publicCert: key.certificatePem,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  });
  signer.addReference({
    xpath: `//*[@ID='${id}']`,
    transforms: [
      'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
      'http://www.w3.org/2001/10/xml-exc-c14n#',
    ],
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
  });
  signer.computeSignature(xml, {
    prefix: 'ds',
    location: { reference: `//*[@ID='${id}']/*[local-name()='Issuer']`, action: 'after' },
  });
  return signer.getSignedXml();
}
