import { create } from '@bufbuild/protobuf';
import {
  type OidcSettings,
  OidcSettingsSchema,
  type Provisioning,
  ProvisioningSchema,
  type SamlSettings,
  SamlSettingsSchema,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import type { Fields } from './page-form.js';

/** How many rows of role mappings a form has beyond those that exist. */
export const EMPTY_MAPPINGS = 3;
/** The contract's bound of role mappings. */
const MAX_MAPPINGS = 100;

/** SAML settings of a form; what it does not show stays as it is. */
export function samlIn(fields: Fields, current?: SamlSettings): SamlSettings {
  const { metadata_xml: metadataXml = '', metadata_url: metadataUrl = '' } = fields;
  const given = {
    ...(current ?? create(SamlSettingsSchema)),
    metadataXml,
    metadataUrl: metadataXml === '' ? metadataUrl : '',
    idpEntityId: fields.idp_entity_id ?? '',
  };
  if (!current) return given;
  return {
    ...given,
    spEntityId: fields.sp_entity_id ?? '',
    relayStates: linesOf(fields.relay_states),
    allowIdpInitiated: fields.allow_idp_initiated === 'on',
    forceAuthn: fields.force_authn === 'on',
    signMetadata: fields.sign_metadata === 'on',
  };
}

/** OpenID Connect settings of a form; an empty secret leaves the stored one. */
export function oidcIn(fields: Fields, current?: OidcSettings): OidcSettings {
  const { issuer = '', client_id: clientId = '', client_secret: clientSecret = '' } = fields;
  const given = { ...(current ?? create(OidcSettingsSchema)), issuer, clientId, clientSecret };
  if (!current) return given;
  return {
    ...given,
    scopes: (fields.scopes ?? '').split(/[\s,]+/).filter((scope) => scope !== ''),
    forceAuthn: fields.force_authn === 'on',
  };
}

export function provisioningIn(fields: Fields, current?: Provisioning): Provisioning {
  const { $typeName: _name, $unknown: _unknown, ...kept } = current ?? create(ProvisioningSchema);
  return create(ProvisioningSchema, {
    ...kept,
    createMembers: fields.create_members === 'on',
    defaultRoleId: fields.default_role_id ?? '',
    attributes: {
      email: fields.email_attribute ?? '',
      givenName: fields.given_name_attribute ?? '',
      familyName: fields.family_name_attribute ?? '',
    },
    groupAttribute: fields.group_attribute ?? '',
    roleMappings: mappingsIn(fields),
  });
}

/** The rows `group_0`/`role_0` and so on; a row without a group is left out. */
function mappingsIn(fields: Fields): { group: string; roleId: string }[] {
  return Array.from({ length: MAX_MAPPINGS + EMPTY_MAPPINGS }, (_, row) => ({
    group: fields[`group_${row}`] ?? '',
    roleId: fields[`role_${row}`] ?? '',
  })).filter(({ group }) => group !== '');
}

function linesOf(text = ''): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
