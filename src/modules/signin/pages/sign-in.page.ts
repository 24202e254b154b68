import type { WhoAmIResponse } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { type Html, html, type Part } from '../../../platform/http/html.js';
import { type Page, page } from '../../../platform/http/page.js';
import { passkeyForm } from './passkey-form.js';
import { SIGN_IN } from './paths.js';

export interface SignInForm {
  /** The reason for showing the form again. */
  error?: string;
  email?: string;
  /** The page that the sign-in leads to. */
  next: string;
  /** From the mail of an invitation, which the sign-in then accepts. */
  invitation?: string;
}

export function signInPage({ error, email = '', next, invitation }: SignInForm): Page {
  const kept = keep(next, invitation);
  return page(
    error ? 400 : 200,
    'Sign in',
    errorBox(error),
    next.startsWith('/setup/') &&
      html`<p>Set up single sign-on for your organization. Sign in as an administrator first.</p>`,
    invitation &&
      html`<p>You have been invited. Sign in with the address that the invitation was sent to.</p>`,
    html`<form method="post" action="${SIGN_IN}/code">
        ${kept}
        <label
          >Your e-mail address
          <input type="email" name="email" value="${email}" required maxlength="254" autofocus
        /></label>
        <button>Send me a code</button>
        <button formaction="${SIGN_IN}/provider">Use single sign-on</button>
      </form>
      <form method="post" action="${SIGN_IN}/passkey">${kept}<button>Use a passkey</button></form>
      <p>
        If your organization enforces single sign-on, a code does not let you act in it. A passkey does while
        break-glass access is armed for you.
      </p>`,
  );
}

export function codePage({ error, email = '', next, invitation }: SignInForm): Page {
  return page(
    error ? 400 : 200,
    'Sign in',
    errorBox(error),
    codeForm(`${SIGN_IN}/session`, email, keep(next, invitation)),
    html`<p><a href="${signInLink(next, invitation)}">Use another address</a></p>`,
  );
}

/** Where the code of a mail is typed. */
export function codeForm(action: string, email: string, kept: Html): Html {
  return html`<p>
      If <code>${email}</code> may sign in, a code is on its way. It is valid for three minutes.
    </p>
    <form method="post" action="${action}">
      ${kept}
      <input type="hidden" name="email" value="${email}" />
      <label
        >The six digits
        <input
          type="text"
          name="code"
          inputmode="numeric"
          autocomplete="one-time-code"
          maxlength="20"
          required
          autofocus
      /></label>
      <button>Sign in</button>
    </form>`;
}

export function passkeyPage(optionsJson: string, { next, invitation }: SignInForm): Page {
  return passkeyForm({
    title: 'Sign in with a passkey',
    ceremony: 'get',
    optionsJson,
    action: `${SIGN_IN}/passkey/session`,
    button: 'Use my passkey',
    fields: keep(next, invitation),
    back: signInLink(next, invitation),
  });
}

/** The signed-in person, with buttons to sign out and to switch the organization. */
export function whoIs({ email, orgId, organizations }: WhoAmIResponse, next: string): Html {
  const choices = organizations.map(
    ({ id, name }) => html`<option value="${id}" ${id === orgId && html` selected`}>${name}</option>`,
  );
  return html`<p>Signed in as <code>${email}</code>.
<form class="inline" method="post" action="${SIGN_IN}/out">${keep(next)}<button>Sign out</button></form>
${
  choices.length > 1 &&
  html`<form class="inline" method="post" action="${SIGN_IN}/organization">
    ${keep(next)}
    <select name="org_id" aria-label="Organization">
      ${choices}
    </select>
    <button>Switch</button>
  </form>`
}</p>`;
}

export function signInLink(next: string, invitation?: string): string {
  const query = new URLSearchParams({ next, ...(invitation && { invitation }) });
  return `${SIGN_IN}?${query.toString()}`;
}

export function errorBox(error: string | undefined): Part {
  return error !== undefined && html`<p class="error" role="alert">${error}</p>`;
}

function keep(next: string, invitation?: string): Html {
  return html`<input type="hidden" name="next" value="${next}" />
    ${invitation && html`<input type="hidden" name="invitation" value="${invitation}" />`}`;
}
