import { sign } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import type { SpKey } from '@dovecote/saml';
import { v7 as uuid } from 'uuid';
import { MORE, signed, SUCCESS } from '../saml/idp.js';
import type { TestServer } from './test-server.js';

/** What a logout message of a provider says. */
export interface LogoutClaims {
  issuer: string;
  /** Where it goes. */
  destination: string;
  id?: string;
  issuedAt?: Date;
}

export interface LogoutRequestClaims extends LogoutClaims {
  nameId: string;
  sessionIndexes?: readonly string[];
}

export function logoutRequest(claims: LogoutRequestClaims): string {
  const indexes = (claims.sessionIndexes ?? []).map(
    (one) => `<samlp:SessionIndex>${one}</samlp:SessionIndex>`,
  );
  return message('LogoutRequest', claims, `<saml:NameID>${claims.nameId}</saml:NameID>${indexes.join('')}`);
}

export function logoutResponse(claims: LogoutClaims & { inResponseTo: string; status?: string }): string {
  const { inResponseTo, status = SUCCESS } = claims;
  const body = `<samlp:Status><samlp:StatusCode Value="${status}"/></samlp:Status>`;
  return message('LogoutResponse', claims, body, ` InResponseTo="${inResponseTo}"`);
}

type Field = 'SAMLRequest' | 'SAMLResponse';

/** Brings the message by redirect; unsigned without a key. Redirects are not followed. */
export function bringByQuery(
  server: TestServer,
  connectionId: string,
  xml: string,
  key: SpKey | undefined,
  { field = 'SAMLRequest', relayState }: { field?: Field; relayState?: string } = {},
): Promise<Response> {
  const parameters = new URLSearchParams({ [field]: deflateRawSync(xml).toString('base64') });
  if (relayState !== undefined) parameters.set('RelayState', relayState);
  if (key) {
    parameters.set('SigAlg', `${MORE}rsa-sha256`);
    const signature = sign('sha256', Buffer.from(parameters.toString()), key.privateKeyPem);
    parameters.set('Signature', signature.toString('base64'));
  }
  const url = `${server.url}/sso/saml/${connectionId}/slo?${parameters.toString()}`;
  return fetch(url, { redirect: 'manual' });
}

/** Posts the message; unsigned without a key. */
export function bringByForm(
  server: TestServer,
  connectionId: string,
  xml: string,
  key: SpKey | undefined,
  field: Field = 'SAMLRequest',
): Promise<Response> {
  const whole = key ? signed(xml, / ID="([^"]+)"/.exec(xml)?.[1] ?? '', key) : xml;
  return postLogout(server, connectionId, { [field]: Buffer.from(whole).toString('base64') });
}

export function postLogout(
  server: TestServer,
  connectionId: string,
  fields: Record<string, string> | string,
): Promise<Response> {
  return fetch(`${server.url}/sso/saml/${connectionId}/slo`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
    redirect: 'manual',
  });
}

function message(name: string, claims: LogoutClaims, body: string, attributes = ''): string {
  const { id = `_${uuid()}`, issuer, destination, issuedAt = new Date() } = claims;
  return (
    `<samlp:${name} xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"` +
    ` ID="${id}" Version="2.0" IssueInstant="${issuedAt.toISOString()}" Destination="${destination}"${attributes}>` +
    `<saml:Issuer>${issuer}</saml:Issuer>${body}</samlp:${name}>`
  );
}
