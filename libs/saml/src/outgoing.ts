import { sign } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { RSA_SHA256 } from './algorithms.js';
import type { SamlConnection } from './connection.js';
import { signElement } from './sign.js';
import type { SpKey } from './sp-key.js';

export type MessageField = 'SAMLRequest' | 'SAMLResponse';

export interface OutgoingMessage {
  readonly field: MessageField;
  readonly xml: string;
  readonly relayState?: string;
}

export interface PostForm {
  url: string;
  fields: Record<string, string>;
}

/** The specification's limit, in bytes. It holds for ours: providers send longer ones, and get them back as they were. */
const LONGEST_RELAY_STATE = 80;

/**
 * The URL with the message in its query. The signature covers exactly the characters sent, so that the
 * receiver need not encode them again.
 */
export function redirectUrl(url: string, { field, xml, relayState }: OutgoingMessage, key: SpKey): string {
  refuseLongRelayState(field, relayState);
  const parameters = [
    [field, deflateRawSync(xml).toString('base64')],
    ...(relayState === undefined ? [] : [['RelayState', relayState]]),
    ['SigAlg', RSA_SHA256],
  ];
  const query = parameters.map(([name, value = '']) => `${name}=${encodeURIComponent(value)}`).join('&');
  const signature = sign('sha256', Buffer.from(query), key.privateKeyPem).toString('base64');
  return `${url}${url.includes('?') ? '&' : '?'}${query}&Signature=${encodeURIComponent(signature)}`;
}

function refuseLongRelayState(field: MessageField, relayState = ''): void {
  if (field === 'SAMLResponse' || Buffer.byteLength(relayState) <= LONGEST_RELAY_STATE) return;
  throw new RangeError(`RelayState has at most ${LONGEST_RELAY_STATE} bytes.`);
}

/** The form that the browser posts: signed within, and not compressed. */
export function postForm(
  url: string,
  { field, xml, relayState }: OutgoingMessage,
  id: string,
  key: SpKey,
): PostForm {
  refuseLongRelayState(field, relayState);
  const message = { [field]: Buffer.from(signElement(xml, { id, key })).toString('base64') };
  return relayState === undefined
    ? { url, fields: message }
    : { url, fields: { ...message, RelayState: relayState } };
}

export function signingKey({ keys }: SamlConnection): SpKey {
  const [key] = keys;
  if (!key) throw new RangeError('A connection needs a key to sign with.');
  return key;
}
