import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { type Page, page } from '../../platform/http/page.js';
import type { Fields } from './setup-api.js';

export function foreignForm(): Page {
  return page(403, 'Not from here', 'This form was sent from another site; nothing was done.');
}

export function fieldsOf(body: unknown): Fields {
  if (typeof body !== 'object' || body === null) return {};
  const entries = Object.entries(body).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries.map(([name, value]) => [name, value.trim()]));
}

export async function failureOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => messageOf(error),
  );
}

/** What the API said; whatever is no answer of the API is thrown on. */
export function messageOf(error: unknown): string {
  if (!(error instanceof ConnectError)) throw error;
  return error.rawMessage.replace(/^insufficient_user_authentication: /, 'Sign in again: ');
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ConnectError && error.code === Code.NotFound;
}

/** A proof that has become too old is renewed by signing in. */
export function needsSignIn(error: unknown): boolean {
  if (!(error instanceof ConnectError) || error.code !== Code.Unauthenticated) return false;
  return error.findDetails(ErrorInfoSchema).length > 0;
}
