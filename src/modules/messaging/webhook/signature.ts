import { createHmac } from 'node:crypto';

/** What a request carries beside its content; `timestamp` in seconds. */
export interface SignedMessage {
  readonly id: string;
  readonly timestamp: number;
  readonly body: string;
}

/**
 * The header fields of Standard Webhooks, with a signature for each secret (its bytes); without a secret there is no
 * signature.
 */
export function standardHeaders(
  { id, timestamp, body }: SignedMessage,
  secrets: readonly Uint8Array[],
): Record<string, string> {
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  );
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    ...(signatures.length > 0 && { 'webhook-signature': signatures.join(' ') }),
  };
}

/** The header of the contract, for posts: lowercase hex HMAC-SHA256 of the raw body. */
export function pidgrSignature(body: string, secret: Uint8Array): Record<string, string> {
  return { 'x-pidgr-signature': createHmac('sha256', secret).update(body).digest('hex') };
}
