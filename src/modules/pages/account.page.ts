import type { WhoAmIResponse } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import type { Passkey } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import { type Html, html } from '../../platform/http/html.js';
import { type Page, page } from '../../platform/http/page.js';
import type { Account } from './account.calls.js';
import { timeOf } from './page-time.js';
import { passkeyForm } from './passkey-form.js';
import { errorBox, whoIs } from './sign-in.page.js';
import { ACCOUNT } from './paths.js';

export function accountPage({ self, passkeys }: Account, error: string | undefined): Page {
  return page(
    error ? 400 : 200,
    'Your account',
    whoIs(self, ACCOUNT),
    errorBox(error),
    organizationSection(self),
    typeof passkeys === 'string'
      ? html`<h2 id="passkeys">Passkeys</h2>
          <p>${passkeys}</p>`
      : passkeySection(passkeys),
  );
}

export function newPasskeyPage(optionsJson: string, name: string): Page {
  return passkeyForm({
    title: 'Register a passkey',
    ceremony: 'create',
    optionsJson,
    action: `${ACCOUNT}/passkeys/add`,
    button: 'Register this device',
    fields: html`<input type="hidden" name="name" value="${name}" />`,
    back: ACCOUNT,
  });
}

function organizationSection({ organizations }: WhoAmIResponse): Html {
  const rows = organizations.map(
    ({ name, roleSlug }) =>
      html`<tr>
        <td>${name}</td>
        <td>${roleSlug}</td>
      </tr>`,
  );
  return html`<h2 id="organizations">Organizations</h2>
    ${
      rows.length === 0
        ? html`<p>You are a member of no organization yet.</p>`
        : html`<table>
            ${rows}
          </table>`
    }`;
}

function passkeySection(passkeys: readonly Passkey[]): Html {
  const rows = passkeys.map(
    ({ id, name, createdAt, lastUsedAt }) =>
      html`<tr>
        <td>${name || 'Passkey'}</td>
        <td>registered ${timeOf(createdAt)}${lastUsedAt && `, last used ${timeOf(lastUsedAt)}`}</td>
        <td>
          <form class="inline" method="post" action="${ACCOUNT}/passkeys/remove">
            <input type="hidden" name="passkey_id" value="${id}" /><button>Remove</button>
          </form>
        </td>
      </tr>`,
  );
  return html`<h2 id="passkeys">Passkeys</h2>
    <p>A passkey signs you in with this device or a security key, without a code.</p>
    ${
      rows.length > 0 &&
      html`<table>
        ${rows}
      </table>`
    }
    <form method="post" action="${ACCOUNT}/passkeys">
      <label
        >Name of the new passkey <input type="text" name="name" placeholder="Laptop" maxlength="100"
      /></label>
      <button>Register a passkey</button>
    </form>`;
}
