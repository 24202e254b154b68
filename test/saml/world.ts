import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509';
import type { IdpCertificate, OneTimeUse, SamlConnection, SpKey } from '@dovecote/saml';

export const now = new Date('2026-11-22T12:00:00Z');
export const REQUEST = '_request1';
export const OTHER_REQUEST = '_requestOfAnotherConnection';

/** Two organizations with an identity provider each, and the keys that a test needs of them. */
export interface World {
  connection: SamlConnection;
  idp: SpKey;
  /** Valid beside the first. */
  idpNext: SpKey;
  idpEc: SpKey;
  idpExpired: SpKey;
  /** Of the other organization's identity provider: a good key, but not here. */
  stranger: SpKey;
  sp: SpKey;
  spNext: SpKey;
}

export async function createWorld(): Promise<World> {
  const [idp, idpNext, stranger, sp, spNext, idpExpired, idpEc] = await Promise.all([
    madeKey('idp'),
    madeKey('idp next'),
    madeKey('idp of mallory'),
    madeKey('dovecote'),
    madeKey('dovecote next'),
    madeKey('idp expired', RSA, '2025-01-01T00:00:00Z'),
    madeKey('idp ec', { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }),
  ]);
  const connection: SamlConnection = {
    spEntityId: 'https://dovecote.test/saml/acme',
    acsUrl: 'https://dovecote.test/saml/acme/acs',
    sloUrl: 'https://dovecote.test/saml/acme/slo',
    idp: {
      entityId: 'https://idp.acme.test/',
      ssoRedirectUrl: 'https://idp.acme.test/sso',
      sloRedirectUrl: 'https://idp.acme.test/slo',
      certificates: [idp, idpNext, idpExpired, idpEc].map(certificateOf),
      wantAuthnRequestsSigned: true,
      nameIdFormats: [],
    },
    keys: [sp, spNext],
    allowIdpInitiated: false,
  };
  return { connection, idp, idpNext, idpEc, idpExpired, stranger, sp, spNext };
}

/** In memory, for this connection; the product remembers in PostgreSQL. */
export function rememberingUse(): OneTimeUse {
  const requests = new Set([REQUEST]);
  const assertions = new Set<string>();
  return {
    use: async ({ assertionId, requestId }) => {
      if (assertions.size === assertions.add(assertionId).size) return 'replayed';
      return requestId === undefined || requests.delete(requestId) ? 'first' : 'unknown_request';
    },
  };
}

export function certificateOf({ certificatePem }: SpKey): IdpCertificate {
  const certificate = new X509Certificate(certificatePem);
  return {
    pem: certificatePem,
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    subject: certificate.subject,
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
  };
}

/** Shorter than those of newSpKey(), which take seconds to make. */
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
};

async function madeKey(
  name: string,
  algorithm: webcrypto.RsaHashedKeyGenParams | webcrypto.EcKeyGenParams = RSA,
  end = '2036-01-01T00:00:00Z',
): Promise<SpKey> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=${name}`,
      notBefore: new Date('2020-01-01T00:00:00Z'),
      notAfter: new Date(end),
      keys,
      signingAlgorithm: { ...algorithm, hash: 'SHA-256' },
    },
    webcrypto,
  );
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    privateKeyPem: PemConverter.encode(privateKey, 'PRIVATE KEY'),
    certificatePem: certificate.toString('pem'),
  };
}
