import type { WhoAmIResponse } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import {
  type Connection,
  ConnectionState,
  type Login,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import type { Domain } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import type { Enforcement } from '@dovecote/contract/dovecote/sso/v1/enforcement_pb';
import { type Html, html } from '../../../platform/http/html.js';
import { type Page, page } from '../../../platform/http/page.js';
import { button } from './page-form.js';
import { timeOf } from './page-time.js';
import { errorBox, whoIs } from './sign-in.page.js';
import { outcomeOf } from './sso-login.page.js';
import { providers } from './provider-guides.js';
import type { Setup } from './sso-setup.calls.js';
import { SETUP } from './paths.js';

const TITLE = 'Single sign-on';

/** For a signed-in person without the permissions for this page. */
export function noAccessPage(error: string, self: WhoAmIResponse): Page {
  return page(403, TITLE, errorBox(error), whoIs(self, SETUP));
}

export function setupPage(setup: Setup, error: string | undefined): Page {
  const { self, domains, connections, enforcement, logins } = setup;
  return page(
    error ? 400 : 200,
    TITLE,
    whoIs(self, SETUP),
    errorBox(error),
    domainSection(domains),
    connectionSection(connections),
    loginSection(logins, connections),
    enforcementSection(enforcement),
    breakGlassSection(setup),
  );
}

function domainSection(domains: readonly Domain[]): Html {
  const rows = domains.map(
    ({ name, recordName, recordValue, verifiedAt }) =>
      html`<tr>
        <td><code>${name}</code></td>
        <td>
          ${
            verifiedAt
              ? html`<span class="good">Proven ${timeOf(verifiedAt)}</span>`
              : html`Publish this DNS record, then check it. It can take an hour to be seen.
                  <dl>
                    <dt>Type</dt>
                    <dd>TXT</dd>
                    <dt>Name</dt>
                    <dd><code>${recordName}</code></dd>
                    <dt>Value</dt>
                    <dd><code>${recordValue}</code></dd>
                  </dl>
                  ${button(`${SETUP}/domains/verify`, 'Check the record', { name })}`
          }
          ${button(`${SETUP}/domains/remove`, 'Remove', { name })}
        </td>
      </tr>`,
  );
  return html`<h2 id="domains">1. Prove your e-mail domain</h2>
    <p>A provider may sign in addresses of proven domains only.</p>
    <table>
      ${rows}
    </table>
    <form method="post" action="${SETUP}/domains">
      <label
        >Domain <input type="text" name="name" placeholder="example.com" required maxlength="253"
      /></label>
      <button>Add</button>
    </form>`;
}

function connectionSection(connections: readonly Connection[]): Html {
  const links = [...providers].map(
    ([key, { name }]) => html`<li><a href="${SETUP}/connections/new?provider=${key}">${name}</a></li>`,
  );
  return html`<h2 id="connections">2. Connect your identity provider</h2>
    ${connections.map(connectionBox)}
    <p>${connections.length === 0 ? 'Which provider do you use?' : 'Connect another provider:'}</p>
    <ul>
      ${links}
    </ul>`;
}

function connectionBox(connection: Connection): Html {
  const { id, name, state } = connection;
  const fields = { connection_id: id };
  return html`<h3>${name} <small>${stateOf(state)}</small></h3>
    ${vouchNote(connection)} ${connectionFacts(connection)}
    <p>
      ${button(`${SETUP}/connections/test`, 'Run a test login', fields)}
      ${state !== ConnectionState.ACTIVE && button(`${SETUP}/connections/activate`, 'Activate', fields)}
      ${state === ConnectionState.ACTIVE && button(`${SETUP}/connections/disable`, 'Disable', fields)}
      ${connection.saml?.metadataUrl && button(`${SETUP}/connections/refresh`, 'Fetch metadata now', fields)}
      <a href="${SETUP}/connections/${id}">Edit or delete</a>
    </p>`;
}

function vouchNote({ id, speaksForAll }: Connection): Html | false {
  return (
    !speaksForAll &&
    html`<p class="note">
      This connection does not sign in members who have more permissions than the admin who set it up. A super
      admin can lift that. ${button(`${SETUP}/connections/vouch`, 'Remove this limit', { connection_id: id })}
    </p>`
  );
}

/** What to enter at the provider, and what is known of the provider. */
export function connectionFacts(connection: Connection): Html {
  const { serviceProvider: ours, identityProvider: theirs, oidc } = connection;
  const values: [string, string | undefined][] = ours
    ? [
        ['ACS URL (reply URL)', ours.acsUrl],
        ['Entity ID (audience)', ours.entityId],
        ['Metadata URL', ours.metadataUrl],
        ['Logout URL', ours.sloUrl],
      ]
    : [
        ['Redirect URI', connection.oidcRedirectUri],
        ['Redirect URI after signing out', connection.oidcPostLogoutRedirectUri],
        ['Back-channel logout URL', connection.oidcBackchannelLogoutUri],
      ];
  const known: [string, string | undefined][] = theirs
    ? [
        ['Entity ID of the provider', theirs.entityId],
        ['Certificates expire', theirs.certificates.map(({ notAfter }) => timeOf(notAfter)).join(', ')],
        ['Metadata fetched', timeOf(theirs.fetchedAt)],
      ]
    : [
        ['Issuer', oidc?.issuer],
        ['Client ID', oidc?.clientId],
      ];
  return html`<p>Enter these values at the provider:</p>
    <dl>${values.map(row)}</dl>
    <p>Known about the provider:</p>
    <dl>${known.map(row)}</dl>
    ${
      theirs !== undefined &&
      theirs.lastError !== '' &&
      html`<p class="error">The metadata could not be fetched: ${theirs.lastError}</p>`
    }
    ${theirs?.warnings.map((warning) => html`<p class="note">${warning}</p>`)}`;
}

function row([label, value]: [string, string | undefined]): Html {
  return html`<dt>${label}</dt>
    <dd><code>${value}</code></dd>`;
}

function loginSection(logins: readonly Login[], connections: readonly Connection[]): Html {
  const names = new Map(connections.map(({ id, name }) => [id, name]));
  const rows = logins.map(
    (login) =>
      html`<tr>
        <td>${timeOf(login.createdAt)}</td>
        <td>${names.get(login.connectionId)}${login.test && ', test'}</td>
        <td>${login.email}</td>
        <td>${outcomeOf(login)}<br />${login.detail} ${login.advice}</td>
        <td><a href="${SETUP}/logins/${login.id}">Details</a></td>
      </tr>`,
  );
  return html`<h2 id="logins">3. Watch logins</h2>
    ${
      rows.length === 0
        ? html`<p>No logins yet. Run a test login.</p>`
        : html`<table>
            ${rows}
          </table>`
    }`;
}

function enforcementSection(enforcement: Enforcement | undefined): Html {
  const on = enforcement?.enforced ?? false;
  return html`<h2 id="enforcement">4. Enforce single sign-on</h2>
    ${
      on
        ? html`<p>
              <span class="good">Enforced since ${timeOf(enforcement?.enforcedAt)}.</span> Only sessions
              through a connection act in this organization; API keys keep working.
            </p>
            ${button(`${SETUP}/enforcement`, 'Stop enforcing', { enforced: 'false' })}`
        : html`<p>Members may still sign in by code or passkey.</p>
            <p><a href="${SETUP}/enforcement">Enforce single sign-on</a></p>`
    }`;
}

function breakGlassSection({ enforcement, self, passkeys }: Setup): Html {
  const rows = (enforcement?.breakGlass ?? []).map(
    ({ userId, expiresAt, usedAt }) =>
      html`<tr>
        <td>${userId === self.userId ? 'You' : html`<code>${userId}</code>`}</td>
        <td>until ${timeOf(expiresAt)}${usedAt && `, last used ${timeOf(usedAt)}`}</td>
        <td>${button(`${SETUP}/break-glass/disarm`, 'Disarm', { user_id: userId })}</td>
      </tr>`,
  );
  return html`<h2 id="break-glass">5. Break-glass access for provider outages</h2>
    <p>
      Allows a super admin to sign in by passkey for a limited time while single sign-on is enforced. The
      super admin must have signed in with the passkey within the last 24 hours. Every super admin gets a mail
      when access is armed, and at each use.
    </p>
    ${
      passkeys === 0 &&
      html`<p class="note">
        You have no passkey yet. <a href="/account#passkeys">Register one</a>, sign out, and sign in with it.
      </p>`
    }
    ${
      rows.length > 0 &&
      html`<table>
        ${rows}
      </table>`
    }
    <form method="post" action="${SETUP}/break-glass/arm">
      <input type="hidden" name="user_id" value="${self.userId}" />
      <label
        >For
        <select name="hours">
          <option value="24">24 hours</option>
          <option value="168">7 days</option>
          <option value="720">30 days</option>
        </select></label
      >
      <button>Arm break-glass access</button>
    </form>`;
}

export function stateOf(state: ConnectionState): string {
  if (state === ConnectionState.ACTIVE) return 'active';
  return state === ConnectionState.DISABLED ? 'disabled' : 'draft: test logins only';
}
