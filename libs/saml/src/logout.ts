import { newRequestId } from './authn-request.js';
import type { SamlConnection } from './connection.js';
import { STATUS_SUCCESS } from './names.js';
import { postForm, redirectUrl, signingKey } from './outgoing.js';
import type { PostForm } from './outgoing.js';
import type { Markup } from './write-xml.js';
import { writeXml } from './write-xml.js';

export interface LogoutRequest {
  /** From newRequestId(); remembered until the answer has come. */
  requestId: string;
  /** As the login had them. */
  nameId: string;
  nameIdFormat: string;
  nameQualifier?: string;
  spNameQualifier?: string;
  sessionIndex?: string;
  relayState?: string;
  now: Date;
}

export interface LogoutAnswer {
  /** The id of the request. */
  inResponseTo: string;
  success: boolean;
  relayState?: string;
  now: Date;
}

/** Where to send the browser (`idp.sloRedirectUrl`). */
export async function logoutRequestRedirect(
  connection: SamlConnection,
  request: LogoutRequest,
): Promise<string> {
  const url = endpoint(connection.idp.sloRedirectUrl, 'redirect');
  const xml = logoutRequest(connection, request, url);
  const message = { field: 'SAMLRequest', xml, relayState: request.relayState } as const;
  return redirectUrl(url, message, signingKey(connection));
}

/** For identity providers without the redirect binding (`idp.sloPostUrl`). */
export async function logoutRequestPost(
  connection: SamlConnection,
  request: LogoutRequest,
): Promise<PostForm> {
  const url = endpoint(connection.idp.sloPostUrl, 'POST');
  const xml = logoutRequest(connection, request, url);
  const message = { field: 'SAMLRequest', xml, relayState: request.relayState } as const;
  return postForm(url, message, request.requestId, signingKey(connection));
}

/** Where to send the browser when a logout request was followed, or could not be. */
export async function logoutResponseRedirect(
  connection: SamlConnection,
  answer: LogoutAnswer,
): Promise<string> {
  const { sloResponseRedirectUrl, sloRedirectUrl } = connection.idp;
  const url = endpoint(sloResponseRedirectUrl ?? sloRedirectUrl, 'redirect');
  const xml = logoutResponse(connection, answer, url, newRequestId());
  const message = { field: 'SAMLResponse', xml, relayState: answer.relayState } as const;
  return redirectUrl(url, message, signingKey(connection));
}

export async function logoutResponsePost(
  connection: SamlConnection,
  answer: LogoutAnswer,
): Promise<PostForm> {
  const { sloResponsePostUrl, sloPostUrl } = connection.idp;
  const url = endpoint(sloResponsePostUrl ?? sloPostUrl, 'POST');
  const id = newRequestId();
  const xml = logoutResponse(connection, answer, url, id);
  const message = { field: 'SAMLResponse', xml, relayState: answer.relayState } as const;
  return postForm(url, message, id, signingKey(connection));
}

function logoutRequest(connection: SamlConnection, request: LogoutRequest, url: string): string {
  return writeXml([
    'samlp:LogoutRequest',
    header(request.requestId, request.now, url),
    ['saml:Issuer', {}, connection.spEntityId],
    ['saml:NameID', nameAttributes(request), request.nameId],
    request.sessionIndex === undefined ? undefined : ['samlp:SessionIndex', {}, request.sessionIndex],
  ]);
}

/** Providers compare all of it with what they have sent. */
function nameAttributes({ nameIdFormat, nameQualifier, spNameQualifier }: LogoutRequest): Markup[1] {
  return { Format: nameIdFormat, NameQualifier: nameQualifier, SPNameQualifier: spNameQualifier };
}

function logoutResponse(connection: SamlConnection, answer: LogoutAnswer, url: string, id: string): string {
  const failed: Markup = [
    'samlp:StatusCode',
    { Value: 'urn:oasis:names:tc:SAML:2.0:status:Responder' },
    ['samlp:StatusCode', { Value: 'urn:oasis:names:tc:SAML:2.0:status:RequestDenied' }],
  ];
  return writeXml([
    'samlp:LogoutResponse',
    { ...header(id, answer.now, url), InResponseTo: answer.inResponseTo },
    ['saml:Issuer', {}, connection.spEntityId],
    ['samlp:Status', {}, answer.success ? ['samlp:StatusCode', { Value: STATUS_SUCCESS }] : failed],
  ]);
}

function header(ID: string, now: Date, Destination: string): Record<string, string> {
  return { ID, Version: '2.0', IssueInstant: now.toISOString(), Destination };
}

function endpoint(url: string | undefined, binding: string): string {
  if (url !== undefined) return url;
  throw new RangeError(`The identity provider does not offer the ${binding} binding for logout.`);
}
