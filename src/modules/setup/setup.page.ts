import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt';
import type { WhoAmIResponse } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import {
  type Connection,
  ConnectionState,
  type Login,
  LoginOutcome,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import type { Domain } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import type { Enforcement } from '@dovecote/contract/dovecote/sso/v1/enforcement_pb';
import { type Html, html, type Part } from '../../platform/http/html.js';
import { type Page, page } from '../../platform/http/page.js';
import type { Setup } from './setup-api.js';
import { errorBox, type Notice, TITLE } from './sign-in.page.js';

/** For whoever is signed in and may not do this here. */
export function elsewherePage(error: string, self: WhoAmIResponse): Page {
  return page(403, TITLE, errorBox(error), whoIs(self));
}

export function setupPage(
  { self, domains, connections, enforcement, logins }: Setup,
  { error }: Notice,
): Page {
  return page(
    error ? 400 : 200,
    TITLE,
    whoIs(self),
    errorBox(error),
    domainSection(domains),
    connectionSection(connections),
    loginSection(logins, connections),
    enforcementSection(enforcement),
    breakGlassSection(enforcement, self.userId),
  );
}

export function loginPage(login: Login): Page {
  const rows: [string, Part][] = [
    ['Outcome', outcomeOf(login)],
    ['Failed check', login.reason && html`<code>${login.reason}</code>`],
    ['What was found', login.detail],
    ['What to do', login.advice],
    ['Address', login.email],
    ['Role that it leads to', login.roleSlug],
    ['Groups', login.groups.join(', ')],
    ['Began', `${timeOf(login.createdAt)}${login.idpInitiated ? ', at the provider' : ''}`],
    ['Answered', timeOf(login.completedAt)],
    ['From', login.address],
    ['Number', html`<code>${login.id}</code>`],
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
      <p><a href="/setup/sso">Back</a></p>`,
  );
}

function whoIs({ email, orgId, organizations }: WhoAmIResponse): Html {
  const choices = organizations.map(
    ({ id, name }) => html`<option value="${id}" ${id === orgId && html` selected`}>${name}</option>`,
  );
  return html`<p>Signed in as <code>${email}</code>.
<form class="inline" method="post" action="/setup/sso/sign-out"><button>Sign out</button></form>
${
  choices.length > 1 &&
  html`<form class="inline" method="post" action="/setup/sso/organization">
    <select name="org_id" aria-label="Organization">
      ${choices}
    </select>
    <button>Switch</button>
  </form>`
}</p>`;
}

function domainSection(domains: readonly Domain[]): Html {
  const rows = domains.map(
    ({ name, recordName, recordValue, verifiedAt }) =>
      html`<tr>
        <td><strong>${name}</strong></td>
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
                  ${button('domains/verify', 'Check the record', { name })}`
          }
          ${button('domains/remove', 'Remove', { name })}
        </td>
      </tr>`,
  );
  return html`<h2 id="domains">1. Prove your e-mail domain</h2>
    <p>A provider speaks for addresses in proven domains, and for no others.</p>
    <table>
      ${rows}
    </table>
    <form method="post" action="/setup/sso/domains">
      <label
        >Domain <input type="text" name="name" placeholder="example.com" required maxlength="253"
      /></label>
      <button>Add</button>
    </form>`;
}

const takingIn = html`<label
  ><input type="checkbox" name="create_members" checked /> Take in people who are no members yet</label
>`;

function connectionSection(connections: readonly Connection[]): Html {
  return html`<h2 id="connections">2. Connect your identity provider</h2>
    ${connections.map(connectionBox)}
    <form method="post" action="/setup/sso/connections">
      <label>Name <input type="text" name="name" placeholder="Okta" required maxlength="200" /></label>
      <label
        >Metadata URL of the provider (SAML)
        <input type="url" name="metadata_url" placeholder="https://" required maxlength="2048"
      /></label>
      ${takingIn}
      <p><button>Connect</button></p>
    </form>
    <details>
      <summary>The provider speaks OpenID Connect</summary>
      <form method="post" action="/setup/sso/connections">
        <label>Name <input type="text" name="name" placeholder="Entra ID" required maxlength="200" /></label>
        <label
          >Issuer <input type="url" name="issuer" placeholder="https://" required maxlength="2048"
        /></label>
        <label>Client ID <input type="text" name="client_id" required maxlength="500" /></label>
        <label
          >Client secret
          <input type="password" name="client_secret" autocomplete="off" required maxlength="1000"
        /></label>
        ${takingIn}
        <p><button>Connect by OpenID Connect</button></p>
      </form>
    </details>`;
}

function connectionBox(connection: Connection): Html {
  const { id, name, state, serviceProvider: ours, identityProvider: theirs } = connection;
  const named = { connection_id: id };
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
  const ends = theirs?.certificates.map(({ notAfter }) => timeOf(notAfter)).join(', ');
  return html`<h3>${name} <small>${stateOf(state)}</small></h3>
    ${
      !connection.speaksForAll &&
      html`<p class="note">
        It lets nobody in who may do more than whoever set it up.
        ${button('connections/vouch', 'I am a super admin, and let it speak for everybody', named)}
      </p>`
    }
    <p>Enter these values at the provider:</p>
    <dl>
      ${values.map(
        ([label, value]) =>
          html`<dt>${label}</dt>
            <dd><code>${value}</code></dd>`,
      )}
    </dl>
    ${
      theirs &&
      html`<dl>
          <dt>The provider is</dt>
          <dd><code>${theirs.entityId}</code></dd>
          <dt>Its certificates end</dt>
          <dd>${ends}</dd>
          <dt>Metadata fetched</dt>
          <dd>${timeOf(theirs.fetchedAt)}</dd>
        </dl>
        ${theirs.lastError !== '' && html`<p class="error">The last fetch came to nothing: ${theirs.lastError}</p>`}`
    }
    <p>
      ${button('connections/test', 'Run a test login', named)}
      ${state !== ConnectionState.ACTIVE && button('connections/activate', 'Activate', named)}
      ${state === ConnectionState.ACTIVE && button('connections/disable', 'Disable', named)}
      ${connection.saml?.metadataUrl && button('connections/refresh', 'Fetch metadata now', named)}
    </p>`;
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
        <td><a href="/setup/sso/logins/${login.id}">Details</a></td>
      </tr>`,
  );
  return html`<h2 id="logins">3. See what comes in</h2>
    ${
      rows.length === 0
        ? html`<p>Nobody has come in yet. Run a test login.</p>`
        : html`<table>
            ${rows}
          </table>`
    }`;
}

function enforcementSection(enforcement: Enforcement | undefined): Html {
  const on = enforcement?.enforced ?? false;
  return html`<h2 id="enforcement">4. Make it a must</h2>
    <p>
      ${
        on
          ? html`<span class="good">Enforced since ${timeOf(enforcement?.enforcedAt)}.</span> Only sessions
              through a connection act in this organization; API keys go on.`
          : html`Everybody may still sign in by code or passkey. To enforce single sign-on, run a test login
            with your own address first; it counts for an hour. Think of a way back in first.`
      }
    </p>
    ${button('enforcement', on ? 'Stop enforcing' : 'Enforce', { enforced: String(!on) })}`;
}

function breakGlassSection(enforcement: Enforcement | undefined, selfId: string): Html {
  const rows = (enforcement?.breakGlass ?? []).map(
    ({ userId, expiresAt, usedAt }) =>
      html`<tr>
        <td>${userId === selfId ? 'You' : html`<code>${userId}</code>`}</td>
        <td>until ${timeOf(expiresAt)}${usedAt && `, last used ${timeOf(usedAt)}`}</td>
        <td>${button('break-glass/disarm', 'End it', { user_id: userId })}</td>
      </tr>`,
  );
  return html`<h2 id="break-glass">5. A way back in, for the day your provider is down</h2>
    <p>
      A super admin can be let in by passkey for a while although single sign-on is enforced. They must have
      signed in with the passkey within the last 24 hours. Every super admin is told by mail, and of each use
      again.
    </p>
    ${
      rows.length > 0 &&
      html`<table>
        ${rows}
      </table>`
    }
    <form method="post" action="/setup/sso/break-glass/arm">
      <input type="hidden" name="user_id" value="${selfId}" />
      <label
        >For
        <select name="hours">
          <option value="24">24 hours</option>
          <option value="168">7 days</option>
          <option value="720">30 days</option>
        </select></label
      >
      <button>Let me in by passkey</button>
    </form>`;
}

function button(action: string, label: string, fields: Readonly<Record<string, string>>): Html {
  const inputs = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  return html`<form class="inline" method="post" action="/setup/sso/${action}">
    ${inputs}<button>${label}</button>
  </form>`;
}

function outcomeOf({ outcome }: Login): Html {
  if (outcome === LoginOutcome.SUCCEEDED) return html`<span class="good">Good</span>`;
  if (outcome === LoginOutcome.REFUSED) return html`<span class="bad">Refused</span>`;
  return html`Waiting for the provider`;
}

function stateOf(state: ConnectionState): string {
  if (state === ConnectionState.ACTIVE) return 'active';
  return state === ConnectionState.DISABLED ? 'disabled' : 'draft: test logins only';
}

function timeOf(time: Timestamp | undefined): string {
  return time ? `${timestampDate(time).toISOString().slice(0, 16).replace('T', ' ')} UTC` : '';
}
