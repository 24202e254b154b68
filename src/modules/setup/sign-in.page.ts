import { html, type Part } from '../../platform/http/html.js';
import { type Page, page } from '../../platform/http/page.js';

export const HOME = '/setup/sso';
export const TITLE = 'Single sign-on';

export interface Notice {
  /** What went wrong, for whoever reads the page. */
  error?: string;
}

export function signInPage({ error }: Notice, email = ''): Page {
  return page(
    error ? 400 : 200,
    TITLE,
    errorBox(error),
    html`<p>Set up single sign-on for your organization. Sign in as an administrator first.</p>
      <form method="post" action="${HOME}/code">
        <label
          >Your e-mail address
          <input type="email" name="email" value="${email}" required maxlength="254" autofocus
        /></label>
        <button>Send me a code</button>
        <button formaction="${HOME}/provider">Use single sign-on</button>
      </form>
      <p>If your organization enforces single sign-on, a code does not lead here.</p>`,
  );
}

export function codePage({ error }: Notice, email: string): Page {
  return page(
    error ? 400 : 200,
    TITLE,
    errorBox(error),
    html`<p>If <code>${email}</code> may sign in, a code is on its way. It is good for three minutes.</p>
      <form method="post" action="${HOME}/session">
        <input type="hidden" name="email" value="${email}" />
        <label
          >The six digits
          <input
            type="text"
            name="code"
            inputmode="numeric"
            autocomplete="one-time-code"
            pattern="[0-9]{6}"
            required
            autofocus
        /></label>
        <button>Sign in</button>
      </form>
      <p><a href="${HOME}">Use another address</a></p>`,
  );
}

/** After a sign-in at the provider; browsers go on by themselves. */
export function arrivedPage(): Page {
  return page(200, TITLE, html`<p>You are signed in. <a href="${HOME}">Go on</a></p>`);
}

export function errorBox(error: string | undefined): Part {
  return error !== undefined && html`<p class="error" role="alert">${error}</p>`;
}
