import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from 'node:crypto';

/** Tampered, truncated, sealed for another context or with a key that is not here: never told apart. */
export class UnsealError extends Error {
  override readonly name = 'UnsealError';
  constructor() {
    super('The sealed value cannot be opened.');
  }
}

export interface Envelope {
  /** Names the key that seals; it stands in each sealed value behind the first byte. */
  readonly keyId: Uint8Array;
  /** `context` names what the value belongs to (table, org, row); the same one is needed to open it. */
  seal(plaintext: string | Uint8Array, context: string): Buffer;
  open(sealed: Uint8Array, context: string): Buffer;
}

// version (1) | master key id (8) | salt (32) | ciphertext | tag (16)
const VERSION = 1;
const KEY_ID = 8;
const SALT = 32;
const HEADER = 1 + KEY_ID + SALT;
const TAG = 16;
const KEY = 32;
const NONCE = 12;

/**
 * AES-256-GCM under a key derived for each message, so that no count of messages wears a master key out.
 * Give the current master key, or the current one followed by those it replaced: the first seals, all open.
 */
export function createEnvelope(masterKeys: Buffer | readonly Buffer[]): Envelope {
  const keys = Buffer.isBuffer(masterKeys) ? [masterKeys] : masterKeys;
  const byId = new Map(keys.map((key) => [keyId(key).toString('hex'), key]));
  const current = keys[0];
  if (!current) throw new RangeError('An envelope needs at least one master key.');
  const currentId = keyId(current);

  return {
    keyId: currentId,
    seal(plaintext, context) {
      const header = Buffer.concat([Buffer.of(VERSION), currentId, randomBytes(SALT)]);
      const { key, nonce } = messageKey(current, header);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associatedData(header, context));
      const ciphertext = cipher.update(Buffer.from(plaintext));
      return Buffer.concat([header, ciphertext, cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed);
      const header = bytes.subarray(0, HEADER);
      const master = byId.get(header.subarray(1, 1 + KEY_ID).toString('hex'));
      if (bytes.length < HEADER + TAG || header[0] !== VERSION || !master) throw new UnsealError();
      const { key, nonce } = messageKey(master, header);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG })
        .setAAD(associatedData(header, context))
        .setAuthTag(bytes.subarray(-TAG));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(HEADER, -TAG)), decipher.final()]);
      } catch {
        throw new UnsealError();
      }
    },
  };
}

/** The id follows from the key, so there is no second setting that could disagree with it. */
function keyId(masterKey: Buffer): Buffer {
  if (masterKey.length !== KEY) throw new RangeError(`A master key has ${KEY} bytes.`);
  return hash('sha256', Buffer.concat([Buffer.from('dovecote master key id'), masterKey]), 'buffer').subarray(
    0,
    KEY_ID,
  );
}

function messageKey(masterKey: Buffer, header: Buffer): { key: Buffer; nonce: Buffer } {
  const salt = header.subarray(1 + KEY_ID);
  const derived = Buffer.from(hkdfSync('sha256', masterKey, salt, 'dovecote envelope', KEY + NONCE));
  return { key: derived.subarray(0, KEY), nonce: derived.subarray(KEY) };
}

function associatedData(header: Buffer, context: string): Buffer {
  return Buffer.concat([header, Buffer.from(context)]);
}
