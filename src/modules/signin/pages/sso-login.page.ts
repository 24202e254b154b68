import { type Login, LoginOutcome } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { type Html, html, type Part } from '../../../platform/http/html.js';
import { type Page, page } from '../../../platform/http/page.js';
import { timeOf } from './page-time.js';
import { SETUP } from './paths.js';

export function loginPage(login: Login): Page {
  const rows: [string, Part][] = [
    ['Outcome', outcomeOf(login)],
    ['Failed check', login.reason && html`<code>${login.reason}</code>`],
    ['Details', login.detail],
    ['What to do', login.advice],
    ['E-mail address', login.email],
    ['Subject', login.subject && html`<code>${login.subject}</code>`],
    ['Resulting role', login.roleSlug],
    ['Groups', login.groups.join(', ')],
    ['Began', `${timeOf(login.createdAt)}${login.idpInitiated ? ', at the provider' : ''}`],
    ['Answered', timeOf(login.completedAt)],
    ['Client address', login.address],
    ['Login ID', html`<code>${login.id}</code>`],
  ];
  const attributes = login.attributes.map(
    ({ name, values }) =>
      html`<tr>
        <td><code>${name}</code></td>
        <td>${values.join(', ')}</td>
      </tr>`,
  );
  return page(
    200,
    login.test ? 'Test login' : 'Login',
    html`<dl>
        ${rows
          .filter(([, value]) => value)
          .map(
            ([name, value]) =>
              html`<dt>${name}</dt>
                <dd>${value}</dd>`,
          )}
      </dl>
      ${
        attributes.length > 0 &&
        html`<h2>What the provider sent</h2>
          <table>
            ${attributes}
          </table>`
      }
      <p><a href="${SETUP}#logins">Back</a></p>`,
  );
}

export function outcomeOf({ outcome }: Login): Html {
  if (outcome === LoginOutcome.SUCCEEDED) return html`<span class="good">Succeeded</span>`;
  if (outcome === LoginOutcome.REFUSED) return html`<span class="bad">Refused</span>`;
  return html`Waiting for the provider`;
}
