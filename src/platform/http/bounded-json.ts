import { ConnectError } from '@connectrpc/connect';
import { checkJson } from '@dovecote/rpc';

/** A group of some ten thousand members; parsing allocates for each, and recurses. */
const BOUNDS = { depth: 64, elements: 100_000, members: 2_000 };

/** Parses JSON within bounds; otherwise returns the reason in a sentence. */
export function readJson(bytes: Uint8Array): { value: unknown } | { refusal: string } {
  try {
    checkJson(bytes, BOUNDS);
    return { value: bytes.length === 0 ? undefined : JSON.parse(Buffer.from(bytes).toString()) };
  } catch (error) {
    return {
      refusal:
        error instanceof ConnectError ? `The body is invalid: ${error.rawMessage}.` : 'The body is not JSON.',
    };
  }
}
