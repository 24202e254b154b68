import type { OrganizationSummary, WhoAmIResponse } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import type { Invitation } from '@dovecote/contract/dovecote/auth/v1/membership_pb';
import type { Passkey } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import { type Html, html } from '../../../platform/http/html.js';
import { type Page, page } from '../../../platform/http/page.js';
import type { Account } from './account.calls.js';
import { timeOf } from './page-time.js';
import { button } from './page-form.js';
import { passkeyForm } from './passkey-form.js';
import { errorBox, whoIs } from './sign-in.page.js';
import { ACCOUNT } from './paths.js';

export function accountPage({ self, own }: Account, error: string | undefined): Page {
  return page(
    error ? 400 : 200,
    'Your account',
    whoIs(self, ACCOUNT),
    errorBox(error),
    typeof own === 'string'
      ? [organizationSection(self, false), html`<p>${own}</p>`]
      : [invitationSection(own.invitations), organizationSection(self, true), passkeySection(own.passkeys)],
  );
}

/** Asks for confirmation: a person cannot undo leaving. */
export function leavePage({ id, name }: OrganizationSummary): Page {
  return page(
    200,
    `Leave ${name}?`,
    html`<p>You can return only when an admin of the organization reactivates your membership.</p>
      <p>${button(`${ACCOUNT}/organizations/leave`, 'Leave', { org_id: id, sure: 'yes' })}</p>
      <p><a href="${ACCOUNT}">Back</a></p>`,
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

function invitationSection(invitations: readonly Invitation[]): Html | false {
  const rows = invitations.map(
    ({ orgId, organizationName, roleName, invitedAt, ssoRequired }) =>
      html`<tr>
        <td>${organizationName}</td>
        <td>${roleName}, invited ${timeOf(invitedAt)}</td>
        <td>
          ${
            ssoRequired
              ? html`Sign in through the organization’s provider to accept.`
              : button(`${ACCOUNT}/invitations/accept`, 'Accept', { org_id: orgId })
          }
          ${button(`${ACCOUNT}/invitations/decline`, 'Decline', { org_id: orgId })}
        </td>
      </tr>`,
  );
  return (
    rows.length > 0 &&
    html`<h2 id="invitations">Invitations</h2>
      <table>
        ${rows}
      </table>`
  );
}

function organizationSection({ organizations }: WhoAmIResponse, mayLeave: boolean): Html {
  const rows = organizations.map(
    ({ id, name, roleSlug }) =>
      html`<tr>
        <td>${name}</td>
        <td>${roleSlug}</td>
        <td>${mayLeave && button(`${ACCOUNT}/organizations/leave`, 'Leave', { org_id: id })}</td>
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
        <td>${button(`${ACCOUNT}/passkeys/remove`, 'Remove', { passkey_id: id })}</td>
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
