import { SignedXml } from 'xml-crypto';
import { ENVELOPED, EXCLUSIVE_C14N, RSA_SHA256, SHA256 } from './algorithms.js';
import type { SpKey } from './sp-key.js';

/**
 * Signs the root element, which has this ID. The signature follows the Issuer, or comes first without one.
 */
export function signElement(xml: string, { id, key }: { id: string; key: SpKey }): string {
  const signed = new SignedXml({
    privateKey: key.privateKeyPem,
    publicCert: key.certificatePem,
    signatureAlgorithm: RSA_SHA256,
    canonicalizationAlgorithm: EXCLUSIVE_C14N,
  });
  signed.addReference({
    xpath: `/*[@ID='${id}']`,
    transforms: [ENVELOPED, EXCLUSIVE_C14N],
    digestAlgorithm: SHA256,
  });
  const issuer = xml.includes('<saml:Issuer');
  signed.computeSignature(xml, {
    prefix: 'ds',
    location: issuer
      ? { reference: `/*/*[local-name()='Issuer']`, action: 'after' }
      : { reference: '/*', action: 'prepend' },
  });
  return signed.getSignedXml();
}
