import type { SamlConnection, SpKey } from '@dovecote/saml';
import { notFound } from '../../../platform/errors/index.js';
import { type Connection, samlEndpoints } from '../sso/index.js';

/** A connection as libs/saml takes it. */
export function samlConnection(
  connection: Connection,
  keys: readonly SpKey[],
  publicUrl: string,
): SamlConnection {
  const { saml, idp, id } = connection;
  if (!saml || !idp) throw notFound('connection');
  const { metadataUrl, acsUrl, sloUrl } = samlEndpoints(publicUrl, id);
  const { certificates, validUntil, ...provider } = idp;
  return {
    spEntityId: saml.spEntityId || metadataUrl,
    acsUrl,
    sloUrl,
    keys,
    allowIdpInitiated: saml.allowIdpInitiated,
    forceAuthn: saml.forceAuthn,
    idp: {
      ...provider,
      validUntil: validUntil === undefined ? undefined : new Date(validUntil),
      certificates: certificates.map(({ notBefore, notAfter, ...certificate }) => ({
        ...certificate,
        notBefore: new Date(notBefore),
        notAfter: new Date(notAfter),
      })),
    },
  };
}
