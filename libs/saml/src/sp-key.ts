import 'reflect-metadata';
import { webcrypto } from 'node:crypto';

/** A key of the service provider, with the certificate registered at identity providers. */
export interface SpKey {
  /** PKCS #8. */
  privateKeyPem: string;
  certificatePem: string;
}

const ALGORITHM = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 3072,
  publicExponent: Uint8Array.of(1, 0, 1),
};

/**
 * Creates a key for signing and decryption. Identity providers pin the certificate, so it is self-signed;
 * some refuse an expired one, so it lives long and is rotated by an admin.
 */
export async function newSpKey(commonName: string, now: Date, years = 10): Promise<SpKey> {
  // A tenth of a second to load, and most processes never make a key.
  const { KeyUsageFlags, KeyUsagesExtension, PemConverter, X509CertificateGenerator } =
    await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + years);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: [commonName] }],
      notBefore: now,
      notAfter,
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      ],
    },
    webcrypto,
  );
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    privateKeyPem: PemConverter.encode(privateKey, 'PRIVATE KEY'),
    certificatePem: certificate.toString('pem'),
  };
}
