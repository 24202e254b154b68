import { inflateRawSync } from 'node:zlib';
import type { Element } from '@xmldom/xmldom';
import { isSignatureAlgorithm, verifySignature } from './algorithms.js';
import type { SamlConnection } from './connection.js';
import { decodeBase64, decodeUtf8 } from './decode.js';
import {
  LARGEST_INFLATED,
  LARGEST_MESSAGE,
  LONGEST_ENCODED,
  LONGEST_QUERY,
  LONGEST_RELAY_STATE,
} from './limits.js';
import type { MessageField } from './outgoing.js';
import { quoted, SamlRefusal } from './refusal.js';
import { bestFirst, refuseExpired, verifySigned } from './signature.js';
import { refuseAlgorithm } from './signature-shape.js';
import { refuseDisguise } from './structure.js';
import { parseXml } from './xml.js';
import { XmlError } from './xml-error.js';

/** A message as the browser brought it: the raw query, or the fields of the posted form. */
export type Delivery = { query: string } | { form: Readonly<Record<string, string | undefined>> };

export interface Received {
  /** The root element of the verified message. */
  readonly element: Element;
  readonly relayState?: string;
}

export function received(
  delivery: Delivery,
  field: MessageField,
  connection: SamlConnection,
  now: Date,
): Received {
  const message =
    'query' in delivery
      ? fromQuery(delivery.query, field, connection, now)
      : fromForm(delivery.form, field, connection, now);
  if ((message.relayState ?? '').length <= LONGEST_RELAY_STATE) return message;
  throw new XmlError('too_large', 'The relay state is too long to be sent back.');
}

function fromForm(
  form: Readonly<Record<string, string | undefined>>,
  field: MessageField,
  connection: SamlConnection,
  now: Date,
): Received {
  const xml = decodeUtf8(decodeBase64(form[field] ?? '', LONGEST_ENCODED), LARGEST_MESSAGE);
  const root = parseXml(xml, LARGEST_MESSAGE);
  refuseDisguise(root);
  const signed = verifySigned(root, connection, now);
  if (!signed) throw new SamlRefusal('unsigned', 'The logout message is not signed.');
  return { element: signed.element, relayState: form['RelayState'] };
}

/** The signature is over the query as it was sent, so it is verified before anything is inflated. */
function fromQuery(query: string, field: MessageField, connection: SamlConnection, now: Date): Received {
  const raw = parameters(query);
  const message = raw.get(field);
  if (message === undefined) throw new SamlRefusal('not_a_logout', `The query has no ${field}.`);
  if ((raw.get('SAMLEncoding') ?? '').length > 0 && !/DEFLATE$/.test(decoded(raw, 'SAMLEncoding') ?? '')) {
    throw new SamlRefusal('malformed', 'The message is encoded otherwise than by DEFLATE.');
  }
  verifyQuery(raw, field, connection, now);
  const inflated = inflate(decodeBase64(decoded(raw, field) ?? '', LONGEST_QUERY));
  const element = parseXml(decodeUtf8(inflated, LARGEST_INFLATED), LARGEST_INFLATED);
  refuseDisguise(element);
  return { element, relayState: decoded(raw, 'RelayState') };
}

/** By name, still encoded. A parameter that comes twice could be verified once and read once. */
function parameters(query: string): Map<string, string> {
  if (query.length > LONGEST_QUERY) throw new XmlError('too_large', 'The query is too long to be read.');
  const found = new Map<string, string>();
  for (const pair of query.replace(/^\?/, '').split('&')) {
    const [name = '', ...value] = pair.split('=');
    if (found.has(name)) throw new SamlRefusal('malformed', `The query has ${quoted(name)} twice.`);
    found.set(name, value.join('='));
  }
  return found;
}

function verifyQuery(
  raw: ReadonlyMap<string, string>,
  field: MessageField,
  connection: SamlConnection,
  now: Date,
): void {
  const algorithm = decoded(raw, 'SigAlg');
  const signature = decoded(raw, 'Signature');
  if (algorithm === undefined || signature === undefined) {
    throw new SamlRefusal('unsigned', 'The logout message is not signed.');
  }
  refuseAlgorithm(algorithm, isSignatureAlgorithm);
  const names = [field, 'RelayState', 'SigAlg'].filter((name) => raw.has(name));
  const signed = names.map((name) => `${name}=${raw.get(name)}`).join('&');
  const value = decodeBase64(signature, LONGEST_QUERY);
  const certificate = bestFirst(connection.idp.certificates, now).find(({ pem }) =>
    verifySignature(algorithm, signed, pem, value),
  );
  if (certificate) return refuseExpired(certificate, connection, now);
  throw new SamlRefusal(
    'unknown_signing_key',
    'The query was changed, or signed with none of the certificates of this connection.',
  );
}

function decoded(raw: ReadonlyMap<string, string>, name: string): string | undefined {
  const value = raw.get(name);
  if (value === undefined) return undefined;
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch (error) {
    throw new SamlRefusal('malformed', `${name} is not encoded as in an address.`, { cause: error });
  }
}

function inflate(bytes: Buffer): Buffer {
  try {
    return inflateRawSync(bytes, { maxOutputLength: LARGEST_INFLATED });
  } catch (error) {
    const tooLarge =
      typeof error === 'object' && error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw new XmlError(
      tooLarge ? 'too_large' : 'malformed',
      tooLarge
        ? 'The message is too large once it is inflated.'
        : 'The message is not compressed by DEFLATE.',
      { cause: error },
    );
  }
}
