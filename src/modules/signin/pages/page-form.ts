import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import { type Html, html } from '../../../platform/http/html.js';
import { type Page, page } from '../../../platform/http/page.js';

/** The fields of a form, or of a query. */
export type Fields = Readonly<Record<string, string>>;

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

/** Fields that a form carries on. */
export function hidden(fields: Fields): Html {
  const inputs = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  return html`${inputs}`;
}

/** A form of one button. */
export function button(action: string, label: string, fields: Fields): Html {
  return html`<form class="inline" method="post" action="${action}">
    ${hidden(fields)}<button>${label}</button>
  </form>`;
}

export function checkbox(name: string, label: string, checked: boolean): Html {
  return html`<p>
    <label><input type="checkbox" name="${name}" ${checked && html`checked`} /> ${label}</label>
  </p>`;
}
