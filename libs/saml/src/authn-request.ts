import { randomBytes } from 'node:crypto';
import type { SamlConnection } from './connection.js';
import { BINDING } from './names.js';
import { postForm, redirectUrl, signingKey } from './outgoing.js';
import type { PostForm } from './outgoing.js';
import { writeXml } from './write-xml.js';

export interface AuthnRequest {
  /** From newRequestId(); remembered until the response has come. */
  requestId: string;
  /** Comes back with the response; at most 80 bytes. */
  relayState: string;
  now: Date;
  /** Ask for a sign-in at the identity provider even where the connection does not. */
  forceAuthn?: boolean;
}

/** 160 random bits; a letter or underscore has to begin it. */
export function newRequestId(): string {
  return `_${randomBytes(20).toString('hex')}`;
}

/** Where to send the browser. Only for identity providers with the redirect binding (`idp.ssoRedirectUrl`). */
export async function authnRequestRedirect(
  connection: SamlConnection,
  request: AuthnRequest,
): Promise<string> {
  const url = endpoint(connection.idp.ssoRedirectUrl, 'redirect');
  const xml = authnRequest(connection, request, url);
  return redirectUrl(
    url,
    { field: 'SAMLRequest', xml, relayState: request.relayState },
    signingKey(connection),
  );
}

/** The form that the browser posts, for identity providers without the redirect binding. */
export async function authnRequestPost(connection: SamlConnection, request: AuthnRequest): Promise<PostForm> {
  const url = endpoint(connection.idp.ssoPostUrl, 'POST');
  const xml = authnRequest(connection, request, url);
  const message = { field: 'SAMLRequest', xml, relayState: request.relayState } as const;
  return postForm(url, message, request.requestId, signingKey(connection));
}

function authnRequest(connection: SamlConnection, request: AuthnRequest, url: string): string {
  const force = request.forceAuthn ?? connection.forceAuthn ?? false;
  return writeXml([
    'samlp:AuthnRequest',
    {
      ID: request.requestId,
      Version: '2.0',
      IssueInstant: request.now.toISOString(),
      Destination: url,
      ForceAuthn: force ? 'true' : undefined,
      ProtocolBinding: BINDING.post,
      AssertionConsumerServiceURL: connection.acsUrl,
    },
    ['saml:Issuer', {}, connection.spEntityId],
    connection.nameIdFormat === undefined
      ? undefined
      : ['samlp:NameIDPolicy', { Format: connection.nameIdFormat, AllowCreate: 'true' }],
  ]);
}

function endpoint(url: string | undefined, binding: string): string {
  if (url !== undefined) return url;
  throw new RangeError(`The identity provider does not offer the ${binding} binding for sign-in.`);
}
