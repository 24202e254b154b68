import { type Envelope, UnsealError } from '@dovecote/secret';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';

/** Beyond it, addresses become longer than servers take. */
const LONGEST_HINT = 6000;

/**
 * Kept only as `id_token_hint` for logout; encrypted because it holds personal data. Null when it is too long
 * for a URL.
 */
export function sealIdToken(envelope: Envelope, { id }: { id: string }, token: string): Buffer | null {
  return token.length > LONGEST_HINT ? null : envelope.seal(token, contextOf(id));
}

/** Undefined when none was kept, or the master key that sealed it no longer exists. */
export function openIdToken(
  envelope: Envelope,
  { id, sealedIdToken }: { id: string; sealedIdToken: Buffer | null },
): string | undefined {
  if (!sealedIdToken) return undefined;
  try {
    return envelope.open(sealedIdToken, contextOf(id)).toString();
  } catch (error) {
    if (error instanceof UnsealError) return undefined;
    throw error;
  }
}

const contextOf = sealedColumn(
  { table: 'sso_login', column: 'sealed_id_token', places: ['id'] },
  (loginId) => `sso_login/${loginId}/id_token`,
);
