import { html } from '../../../platform/http/html.js';
import { type Page, page } from '../../../platform/http/page.js';

/** A form that the browser sends on, to a provider that takes messages by POST. */
export function formPage(title: string, url: string, fields: Readonly<Record<string, string>>): Page {
  const inputs = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  return page(
    200,
    title,
    html`<p>Continue at your organization’s identity provider.</p>
      <form method="post" action="${url}">${inputs}<button autofocus>Continue</button></form>`,
  );
}

export function refusedPage(id: string | undefined): Page {
  return page(
    403,
    'You could not be signed in',
    html`<p>
        The answer of your organization’s identity provider was not accepted.
        ${id !== undefined && html`Your administrator finds the cause under the login ID <code>${id}</code>.`}
      </p>
      <p>Nothing was changed. Try again from the application.</p>`,
  );
}

/** What the admin who tests sees; the record is theirs to read. */
export function testedPage(good: boolean, id: string | undefined): Page {
  return page(
    good ? 200 : 403,
    good ? 'The test login succeeded' : 'The test login was refused',
    html`<p>No session was created, and no data was changed.</p>
      ${id !== undefined && html`<p><a href="/setup/sso/logins/${id}">Show what the provider sent, and the resulting member and role</a></p>`}`,
  );
}

export function messagePage(status: number, title: string, text: string): Page {
  return page(status, title, html`<p>${text}</p>`);
}
