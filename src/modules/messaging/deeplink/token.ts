import { createHmac } from 'node:crypto';
import { equalSecrets } from '@dovecote/secret';
import { z } from 'zod';
import type { TokenPayload } from './token.rules.js';

const id = z.uuid();

/** Names of one letter: the token travels in text messages. */
const letters = z.strictObject({
  o: id,
  c: id,
  r: id,
  k: z.number().int(),
  e: z.number().int(),
  v: z.number().int().positive().max(2_147_483_647),
});

/** A token as it came: what it says, and what has to be proved. */
export interface ReadToken {
  payload: TokenPayload;
  isSignedWith(key: Buffer): boolean;
}

/** base64url(JSON) "." base64url(HMAC-SHA256). */
export function writeToken(payload: TokenPayload, key: Buffer): string {
  const { orgId: o, campaignId: c, recipientId: r, stepKind: k, expiresAt: e, version: v } = payload;
  const body = Buffer.from(JSON.stringify({ o, c, r, k, e, v })).toString('base64url');
  return `${body}.${signatureOf(body, key)}`;
}

/** Undefined for what is no token. */
export function readToken(token: string): ReadToken | undefined {
  const [, body, signature] = /^([\w-]+)\.([\w-]{43})$/.exec(token) ?? [];
  if (body === undefined || signature === undefined) return undefined;
  const { data } = letters.safeParse(parsed(Buffer.from(body, 'base64url').toString()));
  if (!data) return undefined;
  const { o: orgId, c: campaignId, r: recipientId, k: stepKind, e: expiresAt, v: version } = data;
  return {
    payload: { orgId, campaignId, recipientId, stepKind, expiresAt, version },
    isSignedWith: (key) => equalSecrets(signatureOf(body, key), signature),
  };
}

function signatureOf(body: string, key: Buffer): string {
  return createHmac('sha256', key).update(body).digest('base64url');
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
