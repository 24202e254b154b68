import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inflateRawSync } from 'node:zlib';
import { newSpKey, type SpKey } from '@dovecote/saml';
import { v7 as uuid } from 'uuid';
import { type Claims, responseOf, signed, SUCCESS } from '../saml/idp.js';
import type { TestServer } from './test-server.js';

/** A person at the provider. */
export interface ProviderPerson {
  nameId: string;
  /** The one for e-mail addresses without it. */
  nameIdFormat?: string;
  attributes?: Record<string, string | string[]>;
}

/** What the browser carries from the provider to us. */
export interface CarriedForm {
  SAMLResponse: string;
  RelayState: string;
}

/** A SAML identity provider that publishes its metadata, and answers as a test wants. */
export interface SamlProvider {
  readonly entityId: string;
  readonly metadataUrl: string;
  readonly host: string;
  /** What it signs with; the metadata lists `published`. */
  key: SpKey;
  published: SpKey[];
  /** What it serves in the place of its metadata. */
  trouble: { status: number; body: string } | undefined;
  /** How often its metadata was asked for. */
  readonly fetches: number;
  metadata(): string;
  /** The answer to the request that the URL carries, for this person. */
  answer(url: string, person: ProviderPerson, changes?: Partial<Claims>): CarriedForm;
  /** An answer that nobody asked for. */
  unsolicited(
    to: { acsUrl: string; entityId: string },
    person: ProviderPerson,
    relayState: string,
  ): CarriedForm;
  stop(): Promise<void>;
}

export async function startSamlProvider(): Promise<SamlProvider> {
  const key = await newSpKey('identity provider', new Date());
  let fetches = 0;
  const server = createServer((_request, response) => {
    fetches += 1;
    const { status, body } = provider.trouble ?? { status: 200, body: provider.metadata() };
    response.writeHead(status, { 'content-type': 'application/samlmetadata+xml' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const entityId = `https://idp.example/${uuid()}`;
  const provider: SamlProvider = {
    entityId,
    host,
    metadataUrl: `http://${host}/metadata`,
    key,
    published: [key],
    trouble: undefined,
    get fetches() {
      return fetches;
    },
    metadata: () => metadataOf(entityId, provider.published),
    answer(url, person, changes = {}) {
      const { searchParams } = new URL(url);
      const request = inflateRawSync(Buffer.from(searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
      const id = attributeIn(request, 'ID');
      const acsUrl = attributeIn(request, 'AssertionConsumerServiceURL');
      const audience = /<saml:Issuer[^>]*>([^<]+)</.exec(request)?.[1] ?? '';
      const said = { ...claimsOf(entityId, person, { acsUrl, audience, inResponseTo: id }), ...changes };
      return { SAMLResponse: sealed(said, provider.key), RelayState: searchParams.get('RelayState') ?? '' };
    },
    unsolicited(to, person, relayState) {
      const said = claimsOf(entityId, person, { acsUrl: to.acsUrl, audience: to.entityId });
      return { SAMLResponse: sealed(said, provider.key), RelayState: relayState };
    },
    stop: () => close(server),
  };
  return provider;
}

/** Posts the form as the browser would; redirects are not followed. */
export function carry(server: TestServer, connectionId: string, form: CarriedForm): Promise<Response> {
  return fetch(`${server.url}/sso/saml/${connectionId}/acs`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...form }).toString(),
    redirect: 'manual',
  });
}

function claimsOf(
  entityId: string,
  { nameId, nameIdFormat, attributes = {} }: ProviderPerson,
  to: { acsUrl: string; audience: string; inResponseTo?: string },
): Claims {
  const at = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
  return {
    responseId: `_${uuid()}`,
    assertionId: `_${uuid()}`,
    destination: to.acsUrl,
    responseTo: to.inResponseTo,
    confirmationTo: to.inResponseTo,
    responseIssuer: entityId,
    issuer: entityId,
    audience: to.audience,
    recipient: to.acsUrl,
    nameId,
    nameIdFormat,
    status: SUCCESS,
    notBefore: at(-5),
    notOnOrAfter: at(5),
    confirmationEnd: at(5),
    issueInstant: at(0),
    authnInstant: at(-1),
    sessionEnd: at(480),
    confirmation: 'urn:oasis:names:tc:SAML:2.0:cm:bearer',
    version: '2.0',
    conditions: '',
    attributes: Object.entries(attributes).map(attributeOf).join('') || attributeOf(['email', nameId]),
  };
}

function attributeOf([name, given]: [string, string | string[]]): string {
  const values = [given].flat().map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`);
  return `<saml:Attribute Name="${name}">${values.join('')}</saml:Attribute>`;
}

function sealed(said: Claims, key: SpKey): string {
  return Buffer.from(signed(responseOf(said), said.assertionId, key)).toString('base64');
}

function metadataOf(entityId: string, keys: readonly SpKey[]): string {
  const descriptors = keys.map(
    ({ certificatePem }) =>
      `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>` +
      `<ds:X509Certificate>${certificatePem.replaceAll(/-----[^-]+-----|\s/g, '')}</ds:X509Certificate>` +
      `</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
  );
  return (
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">` +
    `<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${descriptors.join('')}` +
    `<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/slo"/>` +
    `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>` +
    `</md:IDPSSODescriptor></md:EntityDescriptor>`
  );
}

function attributeIn(xml: string, name: string): string {
  return new RegExp(` ${name}="([^"]+)"`).exec(xml)?.[1] ?? '';
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
