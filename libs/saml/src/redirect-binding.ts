import { sign } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { RSA_SHA256 } from './algorithms.js';
import type { SamlConnection } from './connection.js';
import type { SpKey } from './sp-key.js';

export type MessageField = 'SAMLRequest' | 'SAMLResponse';

export interface OutgoingMessage {
  readonly field: MessageField;
  readonly xml: string;
  readonly relayState?: string;
}

/** The specification's limit, in bytes. */
const LONGEST_RELAY_STATE = 80;

/**
 * The address with the message in its query, signed over exactly the characters that are sent: whoever verifies must not
 * need to encode them again.
 */
export function redirectUrl(url: string, { field, xml, relayState }: OutgoingMessage, key: SpKey): string {
  const parameters = [
    [field, deflateRawSync(xml).toString('base64')],
    ...(relayState === undefined ? [] : [['RelayState', checkedRelayState(relayState)]]),
    ['SigAlg', RSA_SHA256],
  ];
  const query = parameters.map(([name, value = '']) => `${name}=${encodeURIComponent(value)}`).join('&');
  const signature = sign('sha256', Buffer.from(query), key.privateKeyPem).toString('base64');
  return `${url}${url.includes('?') ? '&' : '?'}${query}&Signature=${encodeURIComponent(signature)}`;
}

export function checkedRelayState(relayState: string): string {
  if (Buffer.byteLength(relayState) <= LONGEST_RELAY_STATE) return relayState;
  throw new RangeError(`RelayState has at most ${LONGEST_RELAY_STATE} bytes.`);
}

export function signingKey({ keys }: SamlConnection): SpKey {
  const [key] = keys;
  if (!key) throw new RangeError('A connection needs a key to sign with.');
  return key;
}
