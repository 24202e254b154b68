import { hash, X509Certificate } from 'node:crypto';

export interface IdpCertificate {
  pem: string;
  /** SHA-256 of the certificate, hexadecimal. */
  fingerprint: string;
  subject: string;
  notBefore: Date;
  notAfter: Date;
}

export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

const SMALLEST_RSA_KEY = 2048;
const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

const BEGIN = '-----BEGIN CERTIFICATE-----';
const END = '-----END';
/** `Proc-Type: 4,ENCRYPTED`, `subject=CN=idp`: what tools write beside the base64. */
const HEADER_LINE = /^.*(?::|=[^=\s]).*$/gm;

/** What stands in an `X509Certificate` element: base64, or one or more certificates in PEM. */
export function certificatesIn(text: string): string[] {
  const [before = '', ...blocks] = text.split(BEGIN);
  return (blocks.length > 0 ? blocks : [before]).map((block) =>
    (block.split(END)[0] ?? '').replaceAll(HEADER_LINE, '').replaceAll(/\s/g, ''),
  );
}

/** Reads base64, or the first certificate in PEM. */
export function readCertificate(text: string): IdpCertificate {
  const certificate = parse(text);
  refuseWeakKey(certificate);
  return {
    pem: certificate.toString(),
    fingerprint: fingerprintOfCertificate(certificate.raw),
    subject: certificate.subject.replaceAll('\n', ', '),
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
  };
}

/** Undefined when the text is no certificate. */
export function fingerprintIn(text: string): string | undefined {
  try {
    return fingerprintOfCertificate(parse(text).raw);
  } catch {
    return undefined;
  }
}

function parse(text: string): X509Certificate {
  const [base64 = ''] = certificatesIn(text);
  if (base64 === '') throw new CertificateError('A certificate is empty.');
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'));
  } catch (error) {
    throw new CertificateError('A certificate cannot be read.', { cause: error });
  }
}

function fingerprintOfCertificate(der: Buffer): string {
  return hash('sha256', der, 'hex');
}

function refuseWeakKey({ publicKey, subject }: X509Certificate): void {
  const { modulusLength = 0, namedCurve = '' } = publicKey.asymmetricKeyDetails ?? {};
  if (publicKey.asymmetricKeyType === 'rsa') {
    if (modulusLength >= SMALLEST_RSA_KEY) return;
    throw new CertificateError(
      `The RSA key of ${subject} has ${modulusLength} bits; ${SMALLEST_RSA_KEY} are the least.`,
    );
  }
  if (publicKey.asymmetricKeyType === 'ec' && CURVES.has(namedCurve)) return;
  throw new CertificateError(`The key of ${subject} is neither RSA nor of a NIST curve.`);
}
