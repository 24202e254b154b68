import type { Envelope } from '@dovecote/secret';
import { sealedColumn } from '../sealed-columns/index.js';

/** A signing key as its row holds it: the private key sealed by the master key. */
export interface SealedSigningKey {
  kid: string;
  sealed_private_key: Buffer;
}

/** Whether the envelope's key is the one that sealed it. */
export function opensSigningKey(envelope: Envelope, row: SealedSigningKey): boolean {
  try {
    envelope.open(row.sealed_private_key, sealContext(row.kid));
    return true;
  } catch {
    return false;
  }
}

export const sealContext = sealedColumn(
  { table: 'signing_key', column: 'sealed_private_key', places: ['kid'] },
  (kid) => `signing_key/${kid}`,
);
