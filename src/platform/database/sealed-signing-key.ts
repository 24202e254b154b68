import type { Envelope } from '@dovecote/secret';

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

export function sealContext(kid: string): string {
  return `signing_key/${kid}`;
}
