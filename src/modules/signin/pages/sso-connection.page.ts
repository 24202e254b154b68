import type {
  Connection,
  OidcSettings,
  PrepareConnectionResponse,
  Provisioning,
  SamlSettings,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import type { Role } from '@dovecote/contract/pidgr/v1/common_pb';
import { type Html, html, type Part } from '../../../platform/http/html.js';
import { type Page, page } from '../../../platform/http/page.js';
import { button, checkbox, type Fields } from './page-form.js';
import { errorBox } from './sign-in.page.js';
import { EMPTY_MAPPINGS } from './sso-form.js';
import type { ProviderGuide } from './provider-guides.js';
import { connectionFacts, stateOf } from './sso-setup.page.js';
import { SETUP } from './paths.js';

const back = html`<p><a href="${SETUP}#connections">Back</a></p>`;

/** The steps at a provider, and the form for what it answers. `fields` is what was typed before. */
export function newConnectionPage(given: {
  key: string;
  guide: ProviderGuide;
  ours: PrepareConnectionResponse;
  fields: Fields;
  error?: string;
}): Page {
  const { key, guide, ours, fields, error } = given;
  const parts = guide.protocols.map((protocol, position) => {
    const form = protocol === 'saml' ? newSamlForm(given) : newOidcForm(given);
    const open = fields.protocol ? fields.protocol === protocol : position === 0;
    return html`<details ${open && html`open`}>
      <summary>${protocol === 'saml' ? 'By SAML' : 'By OpenID Connect'}</summary>
      <ol>
        ${guide[protocol](ours).map((step) => html`<li>${step}</li>`)}
      </ol>
      <form method="post" action="${SETUP}/connections/new">
        <input type="hidden" name="provider" value="${key}" />
        <input type="hidden" name="protocol" value="${protocol}" />
        <input type="hidden" name="reservation" value="${ours.reservation}" />
        <label
          >Name <input type="text" name="name" value="${fields.name ?? guide.name}" required maxlength="200"
        /></label>
        ${form}
        ${checkbox('create_members', 'Create members at their first login', fields.name === undefined || fields.create_members === 'on')}
        <p><button>Connect</button></p>
      </form>
    </details>`;
  });
  return page(error ? 400 : 200, `Connect ${guide.name}`, errorBox(error), parts, back);
}

function newSamlForm({ guide, fields }: { guide: ProviderGuide; fields: Fields }): Html {
  return html`<label
      >Metadata URL of the provider
      <input
        type="url"
        name="metadata_url"
        value="${fields.metadata_url}"
        placeholder="${guide.metadataPlaceholder}"
        maxlength="2048"
    /></label>
    <label
      >Or its metadata, pasted from a file
      <textarea name="metadata_xml" rows="3">${fields.metadata_xml}</textarea>
    </label>
    ${entityIdField(fields.idp_entity_id)}`;
}

function newOidcForm({ guide, fields }: { guide: ProviderGuide; fields: Fields }): Html {
  return html`<label
      >Issuer
      <input
        type="url"
        name="issuer"
        value="${fields.issuer}"
        placeholder="${guide.issuerPlaceholder}"
        required
        maxlength="2048"
    /></label>
    <label
      >Client ID <input type="text" name="client_id" value="${fields.client_id}" required maxlength="500"
    /></label>
    <label
      >Client secret <input type="password" name="client_secret" autocomplete="off" required maxlength="1000"
    /></label>`;
}

/** Everything that can be set about a connection. */
export function connectionPage(connection: Connection, roles: readonly Role[], error?: string): Page {
  const { id, name, state, saml, oidc, provisioning } = connection;
  return page(
    error ? 400 : 200,
    name,
    errorBox(error),
    html`<p>State: ${stateOf(state)}</p>`,
    connectionFacts(connection),
    editForm(
      id,
      'rename',
      'Name',
      html`<input type="text" name="name" value="${name}" aria-label="Name" required maxlength="200" />`,
    ),
    saml && editForm(id, 'settings', 'SAML', samlFields(saml)),
    oidc && editForm(id, 'settings', 'OpenID Connect', oidcFields(oidc)),
    editForm(id, 'provisioning', 'Members and roles', provisioningFields(provisioning, roles)),
    deleteSection(id, name),
    back,
  );
}

function editForm(id: string, action: string, title: string, fields: Part): Html {
  return html`<h2 id="${action}">${title}</h2>
    <form method="post" action="${SETUP}/connections/${action}">
      <input type="hidden" name="connection_id" value="${id}" />
      ${fields}
      <p><button>Save</button></p>
    </form>`;
}

function samlFields(saml: SamlSettings): Html {
  return html`<label
      >Metadata URL of the provider
      <input type="url" name="metadata_url" value="${saml.metadataUrl}" maxlength="2048"
    /></label>
    <label
      >Or new metadata, pasted from a file; it replaces the URL
      <textarea name="metadata_xml" rows="3"></textarea>
    </label>
    ${entityIdField(saml.idpEntityId)}
    <label
      >Our entity ID, if different from the metadata URL
      <input type="text" name="sp_entity_id" value="${saml.spEntityId}" maxlength="1024"
    /></label>
    ${checkbox('force_authn', 'Require a new sign-in at the provider each time', saml.forceAuthn)}
    ${checkbox('sign_metadata', 'Sign our metadata', saml.signMetadata)}
    ${checkbox('allow_idp_initiated', 'Accept logins that begin at the provider', saml.allowIdpInitiated)}
    <label
      >Where such a login may lead (RelayState), one URL a line
      <textarea name="relay_states" rows="2">${saml.relayStates.join('\n')}</textarea>
    </label>`;
}

function entityIdField(value = ''): Html {
  return html`<label
    >Entity ID of the provider, if its metadata describes several
    <input type="text" name="idp_entity_id" value="${value}" maxlength="1024"
  /></label>`;
}

function oidcFields(oidc: OidcSettings): Html {
  return html`<label
      >Issuer <input type="url" name="issuer" value="${oidc.issuer}" required maxlength="2048"
    /></label>
    <label
      >Client ID <input type="text" name="client_id" value="${oidc.clientId}" required maxlength="500"
    /></label>
    <label
      >New client secret; empty keeps the current one
      <input type="password" name="client_secret" autocomplete="off" maxlength="1000"
    /></label>
    <label
      >Further scopes, separated by blanks
      <input type="text" name="scopes" value="${oidc.scopes.join(' ')}" maxlength="2000"
    /></label>
    ${checkbox('force_authn', 'Require a new sign-in at the provider each time', oidc.forceAuthn)}`;
}

function provisioningFields(provisioning: Provisioning | undefined, roles: readonly Role[]): Html {
  const { attributes, groupAttribute, defaultRoleId = '', roleMappings = [] } = provisioning ?? {};
  const empty = Array.from({ length: EMPTY_MAPPINGS }, () => ({ group: '', roleId: '' }));
  const rows = [...roleMappings, ...empty].map(
    ({ group, roleId }, position) =>
      html`<tr>
        <td>
          <input type="text" name="group_${position}" value="${group}" aria-label="Group" maxlength="500" />
        </td>
        <td><label>Role ${roleSelect(`role_${position}`, roles, roleId, 'choose')}</label></td>
      </tr>`,
  );
  return html`${checkbox('create_members', 'Create members at their first login', provisioning?.createMembers ?? false)}
    <label
      >Role of new members ${roleSelect('default_role_id', roles, defaultRoleId, 'as for invitations')}</label
    >
    <p>Attributes or claims; an empty field uses the usual names.</p>
    ${attribute('email_attribute', 'E-mail address', attributes?.email)}
    ${attribute('given_name_attribute', 'First name', attributes?.givenName)}
    ${attribute('family_name_attribute', 'Last name', attributes?.familyName)}
    ${attribute('group_attribute', 'Groups', groupAttribute)}
    <p>
      Roles by group: the first row that matches decides at each login. The name or id is as the provider
      sends it.
    </p>
    <table>
      <tr>
        <th>Group</th>
        <th>Role</th>
      </tr>
      ${rows}
    </table>`;
}

function attribute(name: string, label: string, value = ''): Html {
  return html`<label>${label} <input type="text" name="${name}" value="${value}" maxlength="500" /></label>`;
}

/** `none` labels the empty choice; no role is preselected. */
function roleSelect(name: string, roles: readonly Role[], chosen: string, none: string): Html {
  return html`<select name="${name}">
    <option value="">${none}</option>
    ${roles.map((role) => html`<option value="${role.id}" ${role.id === chosen && html` selected`}>${role.name}</option>`)}
  </select>`;
}

function deleteSection(id: string, name: string): Html {
  return html`<h2 id="delete">Delete</h2>
    <p>Sessions of this connection end at once, and its URLs stop working permanently.</p>
    <form method="post" action="${SETUP}/connections/delete">
      <input type="hidden" name="connection_id" value="${id}" />
      <label
        >Type the name to confirm: <code>${name}</code> <input type="text" name="confirmation" required
      /></label>
      <button>Delete the connection</button>
    </form>`;
}

/** Asks for confirmation before activating a connection without a successful test login. */
export function untestedPage(connectionId: string): Page {
  return page(
    200,
    'Activate without a test?',
    html`<p>
        No test login through this connection has succeeded in the last 30 days. If its settings are wrong,
        people whom it serves cannot sign in through it.
      </p>
      <p>
        ${button(`${SETUP}/connections/test`, 'Run a test login', { connection_id: connectionId })}
        ${button(`${SETUP}/connections/activate`, 'Activate anyway', { connection_id: connectionId, untested: 'accepted' })}
      </p>`,
    back,
  );
}
