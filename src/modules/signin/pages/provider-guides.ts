import type { PrepareConnectionResponse } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { type Html, html } from '../../../platform/http/html.js';

/** Where to click at a provider. The labels are those of its admin console. */
export interface ProviderGuide {
  name: string;
  /** The protocol that is less work there comes first. */
  protocols: readonly ('saml' | 'oidc')[];
  saml: (ours: PrepareConnectionResponse) => Html[];
  oidc: (ours: PrepareConnectionResponse) => Html[];
  metadataPlaceholder: string;
  issuerPlaceholder: string;
}

const value = (text: string | undefined) => html`<code>${text}</code>`;

export const providers: ReadonlyMap<string, ProviderGuide> = new Map([
  [
    'entra',
    {
      name: 'Microsoft Entra ID',
      protocols: ['saml', 'oidc'],
      metadataPlaceholder:
        'https://login.microsoftonline.com/<tenant>/federationmetadata/2007-06/federationmetadata.xml?appid=<app>',
      issuerPlaceholder: 'https://login.microsoftonline.com/<tenant>/v2.0',
      saml: ({ serviceProvider: ours }) => [
        html`In the Entra admin center open <b>Enterprise applications</b>, <b>New application</b>,
          <b>Create your own application</b>, and choose the one that is not in the gallery.`,
        html`Open <b>Single sign-on</b>, <b>SAML</b>, and edit <b>Basic SAML Configuration</b>: Identifier
          (Entity ID) ${value(ours?.entityId)}, Reply URL ${value(ours?.acsUrl)}, Logout URL
          ${value(ours?.sloUrl)}.`,
        html`Under <b>Attributes &amp; Claims</b> choose <b>Add a group claim</b> if groups are to decide
          roles. Entra sends ids of groups, not names.`,
        html`Assign people under <b>Users and groups</b>.`,
        html`Copy <b>App Federation Metadata Url</b> from <b>SAML Certificates</b> into the form below.`,
      ],
      oidc: (ours) => [
        html`In the Entra admin center open <b>App registrations</b>, <b>New registration</b>, with the
          redirect URI (Web) ${value(ours.oidcRedirectUri)}.`,
        html`Under <b>Certificates &amp; secrets</b> make a <b>New client secret</b> and copy its value.`,
        html`Under <b>Token configuration</b> add the optional claim <b>email</b> to the ID token and, if
          groups are to decide roles, <b>Add groups claim</b>.`,
        html`Under <b>Authentication</b> add a second redirect URI, ${value(ours.oidcPostLogoutRedirectUri)}:
          people come back there after signing out.`,
        html`Application (client) ID and Directory (tenant) ID are on <b>Overview</b>.`,
      ],
    },
  ],
  [
    'okta',
    {
      name: 'Okta',
      protocols: ['saml', 'oidc'],
      metadataPlaceholder: 'https://<company>.okta.com/app/<app>/sso/saml/metadata',
      issuerPlaceholder: 'https://<company>.okta.com',
      saml: ({ serviceProvider: ours }) => [
        html`In the Okta admin console open <b>Applications</b>, <b>Create App Integration</b>,
          <b>SAML 2.0</b>.`,
        html`Single sign-on URL ${value(ours?.acsUrl)}, Audience URI (SP Entity ID) ${value(ours?.entityId)},
          Name ID format <b>EmailAddress</b>, Application username <b>Email</b>.`,
        html`Add attribute statements <b>email</b>, <b>firstName</b>, <b>lastName</b> and, if groups are to
          decide roles, a group attribute statement <b>groups</b>.`,
        html`Under <b>Assignments</b> assign people or groups.`,
        html`Copy <b>Metadata URL</b> from the tab <b>Sign On</b> into the form below.`,
      ],
      oidc: (ours) => [
        html`In the Okta admin console open <b>Applications</b>, <b>Create App Integration</b>, <b>OIDC</b>,
          <b>Web Application</b>.`,
        html`Sign-in redirect URI ${value(ours.oidcRedirectUri)}, Sign-out redirect URI
        ${value(ours.oidcPostLogoutRedirectUri)}.`,
        html`Copy <b>Client ID</b> and <b>Client secret</b>. For groups add a <b>Groups claim</b> with the
          name <b>groups</b> on the tab <b>Sign On</b>.`,
      ],
    },
  ],
  [
    'google',
    {
      name: 'Google Workspace',
      protocols: ['saml', 'oidc'],
      metadataPlaceholder: 'Google has no metadata URL: paste the downloaded file below',
      issuerPlaceholder: 'https://accounts.google.com',
      saml: ({ serviceProvider: ours }) => [
        html`In the Admin console open <b>Apps</b>, <b>Web and mobile apps</b>, <b>Add app</b>,
          <b>Add custom SAML app</b>.`,
        html`<b>Download metadata</b>, and paste the file into the form below.`,
        html`ACS URL ${value(ours?.acsUrl)}, Entity ID ${value(ours?.entityId)}, Name ID format <b>EMAIL</b>,
          Name ID <b>Basic Information &gt; Primary email</b>.`,
        html`Map <b>First name</b> to <b>firstName</b> and <b>Last name</b> to <b>lastName</b>. Under
          <b>Group membership</b> choose groups and name the attribute <b>groups</b>, if groups are to decide
          roles.`,
        html`Turn the app <b>ON</b> for everyone or for an organizational unit under <b>User access</b>.`,
      ],
      oidc: (ours) => [
        html`In the Google Cloud console open <b>APIs &amp; Services</b>, <b>Credentials</b>,
          <b>Create credentials</b>, <b>OAuth client ID</b>, <b>Web application</b>.`,
        html`Authorized redirect URI ${value(ours.oidcRedirectUri)}.`,
        html`Set the consent screen to <b>Internal</b>, and copy client ID and client secret. Google sends no
          groups in OpenID Connect.`,
      ],
    },
  ],
  [
    'keycloak',
    {
      name: 'Keycloak',
      protocols: ['oidc', 'saml'],
      metadataPlaceholder: 'https://<host>/realms/<realm>/protocol/saml/descriptor',
      issuerPlaceholder: 'https://<host>/realms/<realm>',
      saml: ({ serviceProvider: ours }) => [
        html`In the admin console of the realm open <b>Clients</b>, <b>Create client</b>, <b>SAML</b>, with
          the Client ID ${value(ours?.entityId)}.`,
        html`Master SAML Processing URL ${value(ours?.acsUrl)}, Name ID format <b>email</b>,
          <b>Sign assertions</b> on.`,
        html`Once the connection exists, import its certificate under <b>Keys</b>, or turn
          <b>Client signature required</b> off.`,
        html`Add mappers for <b>email</b>, <b>firstName</b>, <b>lastName</b> and, if groups are to decide
          roles, a <b>Group list</b> with the name <b>groups</b>.`,
      ],
      oidc: (ours) => [
        html`In the admin console of the realm open <b>Clients</b>, <b>Create client</b>,
          <b>OpenID Connect</b>, with <b>Client authentication</b> on and <b>Standard flow</b> only.`,
        html`Valid redirect URIs ${value(ours.oidcRedirectUri)}, Valid post logout redirect URIs
        ${value(ours.oidcPostLogoutRedirectUri)}, Backchannel logout URL
        ${value(ours.oidcBackchannelLogoutUri)}, Front channel logout off.`,
        html`Copy <b>Client Secret</b> from the tab <b>Credentials</b>. For groups add a
          <b>Group Membership</b> mapper with the claim <b>groups</b>, full path off, to the ID token.`,
      ],
    },
  ],
  [
    'other',
    {
      name: 'Another provider',
      protocols: ['saml', 'oidc'],
      metadataPlaceholder: 'https://',
      issuerPlaceholder: 'https://',
      saml: ({ serviceProvider: ours }) => [
        html`Make an application or service provider with the entity ID ${value(ours?.entityId)}, the
        assertion consumer service ${value(ours?.acsUrl)} (POST) and the logout service
        ${value(ours?.sloUrl)}.`,
        html`Have it sign assertions, and send the e-mail address as the name ID or as an attribute.`,
        html`Give its metadata below, as a URL or as the file.`,
      ],
      oidc: (ours) => [
        html`Register a confidential client for the authorization code flow with the redirect URI
        ${value(ours.oidcRedirectUri)}.`,
        html`For signing out: post-logout redirect URI ${value(ours.oidcPostLogoutRedirectUri)}, back-channel
        logout URI ${value(ours.oidcBackchannelLogoutUri)}.`,
      ],
    },
  ],
]);
