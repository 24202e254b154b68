import { html } from '../../../platform/http/html.js';
import { type Page, page } from '../../../platform/http/page.js';

/**
 * Says nothing and does nothing yet: mail scanners follow links, and press no buttons. `appLink` leads to the app,
 * which signs in if it is the one that asked.
 */
export function askPage(token: string, appLink?: string): Page {
  return page(
    200,
    'Sign in',
    appLink !== undefined &&
      html`<p><a href="${appLink}">Continue in the app</a>, if you requested the code there.</p>`,
    html`<form method="post" action="?token=${encodeURIComponent(token)}">
        <p><button>Show the code</button> to type it where you requested it.</p>
      </form>
      <p>If you did not ask to sign in, close this page.</p>`,
  );
}

export function codePage(code: string): Page {
  return page(
    200,
    'Your sign-in code',
    html`<p><strong>${code}</strong></p>
      <p>
        Type it where you requested it, and nowhere else. If another person asks you for it, close this page.
      </p>`,
  );
}

export function deadLinkPage(): Page {
  return page(
    200,
    'This link no longer works',
    html`<p>It was used, or has expired. Ask for a new code.</p>`,
  );
}
