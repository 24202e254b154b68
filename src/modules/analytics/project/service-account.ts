import { createPrivateKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { invalidArgument } from '../../../platform/errors/index.js';

/** Google's key files have two and a half. */
const MAX_KIB = 16;
/** What a private key is replaced by where the account is shown. */
const REDACTED = '***';
const KEY_BITS = { least: 2048, most: 8192 };

const account = z.object({
  type: z.literal('service_account', 'must be service_account'),
  project_id: z.string().regex(/^[a-z0-9:.-]{4,100}$/, 'must be the id of a project'),
  private_key_id: z.string().max(100).optional(),
  private_key: z.string().refine(isPrivateKey, 'must be an RSA key in PEM'),
  client_email: z
    .string()
    .regex(
      /^[a-z0-9.-]{1,100}@[a-z0-9.-]{1,100}\.gserviceaccount\.com$/,
      'must be that of a service account',
    ),
  client_id: z.string().max(100).optional(),
  // Tokens are asked for here: a key file must not lead the server elsewhere.
  token_uri: z
    .literal('https://oauth2.googleapis.com/token', 'must be https://oauth2.googleapis.com/token')
    .optional(),
});

export interface ServiceAccount {
  /** The account as it is stored, without unknown fields. */
  json: string;
  /** The same without its private key. */
  shown: string;
  clientEmail: string;
}

/** Reads the key file of a service account of Google, or says what is wrong with it; never what is in it. */
export function readServiceAccount(keyFile: string): ServiceAccount {
  if (Buffer.byteLength(keyFile) > MAX_KIB * 1024) throw refused(`must have at most ${MAX_KIB} KiB`);
  const found = account.safeParse(parsed(keyFile));
  if (!found.success) {
    const [issue] = found.error.issues;
    const name = String(issue?.path[0] ?? '');
    const must = issue?.code === 'invalid_type' ? 'must be a text' : issue?.message;
    throw refused(
      name === '' ? 'must be a JSON object' : `must be the key file of a service account: ${name} ${must}`,
    );
  }
  const shown = JSON.stringify({ ...found.data, private_key: REDACTED });
  return { json: JSON.stringify(found.data), shown, clientEmail: found.data.client_email };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused('must be JSON');
  }
}

function isPrivateKey(pem: string): boolean {
  const key = keyOf(pem);
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0;
  return key?.asymmetricKeyType === 'rsa' && bits >= KEY_BITS.least && bits <= KEY_BITS.most;
}

function keyOf(pem: string): KeyObject | undefined {
  if (!pem.startsWith('-----BEGIN PRIVATE KEY-----')) return undefined;
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function refused(description: string) {
  return invalidArgument([{ field: 'fcm_service_json', description }]);
}
