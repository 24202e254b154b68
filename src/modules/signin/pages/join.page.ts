import { html } from '../../../platform/http/html.js';
import { type Page, page } from '../../../platform/http/page.js';
import { hidden } from './page-form.js';
import { codeForm, errorBox } from './sign-in.page.js';
import { JOIN } from './paths.js';

export interface JoinForm {
  /** The secret of the invite link. */
  token: string;
  email?: string;
  error?: string;
  signedInAs?: string;
}

export function joinPage({ token, email = '', error, signedInAs }: JoinForm): Page {
  return page(
    error ? 400 : 200,
    'Join an organization',
    errorBox(error),
    signedInAs &&
      html`<form method="post" action="${JOIN}">
          ${hidden({ token })}
          <p><button>Join as ${signedInAs}</button></p>
        </form>
        <p>Or join with another address:</p>`,
    !signedInAs && html`<p>You have been invited. Enter the e-mail address for your sign-in code.</p>`,
    html`<form method="post" action="${JOIN}/code">
      ${hidden({ token })}
      <label
        >Your e-mail address
        <input type="email" name="email" value="${email}" required maxlength="254" autofocus
      /></label>
      <button>Send me a code</button>
    </form>`,
  );
}

export function joinCodePage(given: {
  token: string;
  email: string;
  organization: string;
  error?: string;
}): Page {
  const { token, email, organization, error } = given;
  return page(
    error ? 400 : 200,
    `Join ${organization}`,
    errorBox(error),
    codeForm(`${JOIN}/session`, email, hidden({ token, organization })),
    html`<p><a href="${JOIN}?token=${encodeURIComponent(token)}">Use another address</a></p>`,
  );
}

export function joinedPage(organization: string): Page {
  return page(
    200,
    `Welcome to ${organization}`,
    html`<p>You are a member of ${organization} now. Sign in to the application with the same address.</p>
      <p><a href="/account">Your account</a>: register a passkey, and sign in without codes</p>`,
  );
}
