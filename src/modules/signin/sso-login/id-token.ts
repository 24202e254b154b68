import { type Envelope, UnsealError } from '@dovecote/secret';

/** Beyond it, addresses become longer than servers take. */
const LONGEST_HINT = 6000;

/** An ID token is good for nothing but to show its own provider who signs out; all the same it is nobody's to read. */
export function sealIdToken(envelope: Envelope, { id }: { id: string }, token: string): Buffer | null {
  return token.length > LONGEST_HINT ? null : envelope.seal(token, contextOf(id));
}

/** Undefined where none was kept, or it was sealed with a master key that is gone. */
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

function contextOf(loginId: string): string {
  return `sso_login/${loginId}/id_token`;
}
