import { SAML } from '@node-saml/node-saml';
import type { SamlConnection } from '@dovecote/saml';
import type { ResponseOptions } from './response.js';

/** With its plain settings, apart from what has to be signed. */
export function bareNodeSaml(connection: SamlConnection, signed: ResponseOptions['signed']): SAML {
  return new SAML({
    callbackUrl: connection.acsUrl,
    issuer: connection.spEntityId,
    audience: connection.spEntityId,
    idpCert: connection.idp.certificates.map(({ pem }) => pem),
    wantAuthnResponseSigned: signed !== 'assertion',
    wantAssertionsSigned: signed !== 'response',
    // It has the clock of the machine, and long measurements outlive a response.
    acceptedClockSkewMs: -1,
  });
}
