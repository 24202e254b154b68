import type { Element } from '@xmldom/xmldom';
import { CertificateError, certificatesIn, readCertificate } from './certificate.js';
import type { IdpCertificate } from './certificate.js';
import { durationMs } from './duration.js';
import { attributeOf, childrenOf, elementsIn, is, textOf } from './element.js';
import { readInstant } from './instant.js';
import { LARGEST_METADATA } from './limits.js';
import { MetadataError } from './metadata-error.js';
import { BINDING, NS } from './names.js';
import { parseXml } from './xml.js';
import { XmlError } from './xml-error.js';

export interface IdpMetadata {
  entityId: string;
  ssoRedirectUrl?: string;
  ssoPostUrl?: string;
  sloRedirectUrl?: string;
  sloPostUrl?: string;
  /** Where answers to logout requests go, if not where the requests go. */
  sloResponseRedirectUrl?: string;
  sloResponsePostUrl?: string;
  /** All that are valid for signing: during a change of keys there are two. */
  certificates: IdpCertificate[];
  /** What was left out, and why, in a sentence each. */
  warnings?: string[];
  validUntil?: Date;
  cacheDurationMs?: number;
  wantAuthnRequestsSigned: boolean;
  nameIdFormats: string[];
}

export interface MetadataOptions {
  /** Which identity provider is meant, when the document describes several. */
  entityId?: string;
  /** Which one was meant before: it still is, where the document describes several and none is named. */
  knownEntityId?: string;
  /** For development: endpoints without TLS. */
  allowHttp?: boolean;
}

/** An entity with the properties that enclosing groups define for their members. */
interface Described {
  readonly entity: Element;
  readonly groups: readonly Element[];
}

const LONGEST_ENTITY_ID = 1024;
const LONGEST_URL = 2048;
const MOST_CERTIFICATES = 100;

/** Throws MetadataError. */
export function parseIdpMetadata(xml: string, options: MetadataOptions = {}): IdpMetadata {
  try {
    return readMetadata(xml, options);
  } catch (error) {
    if (error instanceof XmlError) throw new MetadataError(error.reason, error.message, { cause: error });
    throw error;
  }
}

function readMetadata(xml: string, options: MetadataOptions): IdpMetadata {
  const { entity, groups } = chosen(described(parseXml(xml, LARGEST_METADATA), []), options);
  const role = idpRole(entity)!;
  const around = [...groups, entity, role];
  const sso = endpoints(role, 'SingleSignOnService', options);
  const slo = endpoints(role, 'SingleLogoutService', options);
  if (sso.redirect === undefined && sso.post === undefined) {
    throw new MetadataError(
      'no_endpoint',
      'The identity provider offers neither the redirect nor the POST binding for sign-in.',
    );
  }
  return {
    entityId: entityIdOf(entity),
    ssoRedirectUrl: sso.redirect,
    ssoPostUrl: sso.post,
    sloRedirectUrl: slo.redirect,
    sloPostUrl: slo.post,
    sloResponseRedirectUrl: slo.redirectResponse,
    sloResponsePostUrl: slo.postResponse,
    ...signingCertificates(role),
    validUntil: earliest(around),
    cacheDurationMs: shortest(around),
    wantAuthnRequestsSigned: ['true', '1'].includes(attributeOf(role, 'WantAuthnRequestsSigned') ?? ''),
    nameIdFormats: childrenOf(role, NS.metadata, 'NameIDFormat').map((format) => textOf(format).trim()),
  };
}

function described(root: Element, groups: readonly Element[]): Described[] {
  if (is(root, NS.metadata, 'EntityDescriptor')) return [{ entity: root, groups }];
  if (!is(root, NS.metadata, 'EntitiesDescriptor')) {
    throw new MetadataError('not_metadata', 'This is not SAML metadata: it has no EntityDescriptor.');
  }
  return elementsIn(root)
    .filter(({ localName }) => localName === 'EntityDescriptor' || localName === 'EntitiesDescriptor')
    .flatMap((child) => described(child, [...groups, root]));
}

function chosen(all: readonly Described[], options: MetadataOptions): Described {
  const providers = all.filter(({ entity }) => idpRole(entity) !== undefined);
  if (providers.length === 0) {
    throw new MetadataError('no_identity_provider', 'The metadata describes no SAML 2.0 identity provider.');
  }
  const named = options.entityId?.trim();
  const known = options.knownEntityId?.trim();
  const isAmbiguous = providers.length > 1 && providers.some(({ entity }) => entityIdOf(entity) === known);
  const entityId = named ?? (isAmbiguous ? known : undefined);
  const meant =
    entityId === undefined ? providers : providers.filter(({ entity }) => entityIdOf(entity) === entityId);
  const [one, another] = meant;
  if (one && !another) return one;
  const offered = providers.slice(0, 10).map(({ entity }) => entityIdOf(entity));
  if (one) {
    throw new MetadataError(
      'several_identity_providers',
      `The metadata describes several identity providers: ${offered.join(', ')}. Name the entity id of one.`,
    );
  }
  throw new MetadataError(
    'unknown_entity_id',
    `The metadata does not describe ${entityId}, but ${offered.join(', ')}.`,
  );
}

/** An entity may have several roles, and speak older protocols in some. */
function idpRole(entity: Element): Element | undefined {
  return childrenOf(entity, NS.metadata, 'IDPSSODescriptor').find((role) =>
    (attributeOf(role, 'protocolSupportEnumeration') ?? '').split(/\s+/).includes(NS.protocol),
  );
}

function entityIdOf(entity: Element): string {
  const id = (attributeOf(entity, 'entityID') ?? '').trim();
  if (id !== '' && id.length <= LONGEST_ENTITY_ID) return id;
  throw new MetadataError('not_metadata', 'An EntityDescriptor has no entityID, or one that is too long.');
}

function endpoints(
  role: Element,
  name: string,
  options: MetadataOptions,
): { redirect?: string; post?: string; redirectResponse?: string; postResponse?: string } {
  const all = childrenOf(role, NS.metadata, name);
  const first = (binding: string): Element | undefined =>
    all.find((endpoint) => attributeOf(endpoint, 'Binding') === binding);
  const url = (endpoint: Element | undefined, attribute: string): string | undefined => {
    const location = endpoint && attributeOf(endpoint, attribute);
    return location === undefined ? undefined : checkedUrl(location, options);
  };
  return {
    redirect: url(first(BINDING.redirect), 'Location'),
    post: url(first(BINDING.post), 'Location'),
    redirectResponse: url(first(BINDING.redirect), 'ResponseLocation'),
    postResponse: url(first(BINDING.post), 'ResponseLocation'),
  };
}

function checkedUrl(text: string, { allowHttp = false }: MetadataOptions): string {
  const url = text.length <= LONGEST_URL ? URL.parse(text.trim()) : null;
  const safe = url?.protocol === 'https:' || (allowHttp && url?.protocol === 'http:');
  if (url && safe && url.username === '' && url.password === '' && url.hash === '') return text.trim();
  throw new MetadataError(
    'bad_endpoint',
    `An endpoint of the identity provider is no https address that can be used: ${text.slice(0, 200)}`,
  );
}

/** What cannot be used is left out, and named: providers list keys of other kinds beside those that are good. */
function signingCertificates(role: Element): Pick<IdpMetadata, 'certificates' | 'warnings'> {
  const keys = childrenOf(role, NS.metadata, 'KeyDescriptor').filter(
    (key) => (attributeOf(key, 'use') ?? 'signing') === 'signing',
  );
  const texts = keys
    .flatMap((key) => childrenOf(key, NS.signature, 'KeyInfo'))
    .flatMap((info) => childrenOf(info, NS.signature, 'X509Data'))
    .flatMap((data) => childrenOf(data, NS.signature, 'X509Certificate'))
    .flatMap((element) => certificatesIn(textOf(element)));
  if (texts.length === 0) {
    throw new MetadataError('no_certificate', 'The identity provider names no certificate for signing.');
  }
  const read = texts.slice(0, MOST_CERTIFICATES).map((text, index) => certificateOrProblem(text, index + 1));
  const certificates = read.filter((one) => typeof one !== 'string');
  const problems = read.filter((one) => typeof one === 'string');
  if (certificates.length === 0) throw new MetadataError('bad_certificate', problems.join(' '));
  const rest =
    texts.length > MOST_CERTIFICATES
      ? [`The metadata names ${texts.length} certificates, of which the first ${MOST_CERTIFICATES} are read.`]
      : [];
  return {
    certificates: [...new Map(certificates.map((one) => [one.fingerprint, one])).values()],
    warnings: [...problems, ...rest],
  };
}

function certificateOrProblem(text: string, number: number): IdpCertificate | string {
  try {
    return readCertificate(text);
  } catch (error) {
    if (error instanceof CertificateError) return `Certificate ${number} cannot be used: ${error.message}`;
    throw error;
  }
}

function earliest(around: readonly Element[]): Date | undefined {
  const ends = around.flatMap((element) => {
    const text = attributeOf(element, 'validUntil');
    if (text === undefined) return [];
    const end = readInstant(text);
    if (end) return [end];
    throw new MetadataError('not_metadata', `validUntil is no time: ${text.slice(0, 100)}`);
  });
  return ends.sort((a, b) => a.getTime() - b.getTime())[0];
}

function shortest(around: readonly Element[]): number | undefined {
  const durations = around.flatMap((element) => {
    const duration = durationMs(attributeOf(element, 'cacheDuration') ?? '');
    return duration === undefined ? [] : [duration];
  });
  return durations.length > 0 ? Math.min(...durations) : undefined;
}
