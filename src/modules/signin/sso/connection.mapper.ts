import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type Connection as ConnectionMessage,
  ConnectionSchema,
  type CreateConnectionRequest,
  IdentityProviderSchema,
  type OidcSettings as OidcMessage,
  type PrepareConnectionResponseSchema,
  type Provisioning as ProvisioningMessage,
  type SamlSettings as SamlMessage,
  ServiceProviderSchema,
  type UpdateConnectionRequest,
} from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import type { Connection, Provisioning, StoredIdp } from './connection.js';
import type { ConnectionChange, NewConnection, Settings } from './connections.service.js';
import { oidcEndpoints, samlEndpoints } from './endpoints.js';
import type { Reservation } from './reservation.js';
import type { SpCertificate } from './sp-keys.service.js';

/** A connection with what stands beside its row. */
export interface ConnectionView {
  connection: Connection;
  certificates: readonly SpCertificate[];
  publicUrl: string;
}

export function toConnection({ connection, certificates, publicUrl }: ConnectionView): ConnectionMessage {
  const { id, name, protocol, state, saml, oidc, idp, provisioning, unrestricted, createdAt, updatedAt } =
    connection;
  const endpoints = samlEndpoints(publicUrl, id);
  const ours = oidc ? oidcEndpoints(publicUrl, id) : undefined;
  return create(ConnectionSchema, {
    id,
    name,
    protocol,
    state,
    saml: saml ?? undefined,
    oidc: oidc ?? undefined,
    provisioning,
    speaksForAll: unrestricted,
    serviceProvider: saml
      ? create(ServiceProviderSchema, {
          ...endpoints,
          entityId: saml.spEntityId || endpoints.metadataUrl,
          certificates: certificates.map(({ notAfter, ...certificate }) => ({
            ...certificate,
            notAfter: timestampFromDate(notAfter),
          })),
        })
      : undefined,
    identityProvider: idp ? create(IdentityProviderSchema, toIdentityProvider(connection, idp)) : undefined,
    oidcRedirectUri: ours?.redirectUri,
    oidcPostLogoutRedirectUri: ours?.postLogoutRedirectUri,
    oidcBackchannelLogoutUri: ours?.backchannelLogoutUri,
    createdAt: timestampFromDate(createdAt),
    updatedAt: timestampFromDate(updatedAt),
  });
}

function toIdentityProvider(
  { fetchedAt, nextFetchAt, lastError }: Connection,
  { entityId, certificates, warnings, validUntil, ...idp }: StoredIdp,
): MessageInitShape<typeof IdentityProviderSchema> {
  return {
    entityId,
    ssoUrl: idp.ssoRedirectUrl ?? idp.ssoPostUrl ?? '',
    sloUrl: idp.sloRedirectUrl ?? idp.sloPostUrl ?? '',
    certificates: certificates.map(({ fingerprint, subject, notBefore, notAfter }) => ({
      fingerprint,
      subject,
      notBefore: timestampFromDate(new Date(notBefore)),
      notAfter: timestampFromDate(new Date(notAfter)),
    })),
    warnings,
    fetchedAt: fetchedAt ? timestampFromDate(fetchedAt) : undefined,
    nextFetchAt: nextFetchAt ? timestampFromDate(nextFetchAt) : undefined,
    lastError,
    validUntil: validUntil ? timestampFromDate(new Date(validUntil)) : undefined,
  };
}

/** What to enter at a provider before the connection exists. */
export function toPrepared(
  { id, token }: Reservation,
  publicUrl: string,
): MessageInitShape<typeof PrepareConnectionResponseSchema> {
  const saml = samlEndpoints(publicUrl, id);
  const oidc = oidcEndpoints(publicUrl, id);
  return {
    reservation: token,
    serviceProvider: { ...saml, entityId: saml.metadataUrl },
    oidcRedirectUri: oidc.redirectUri,
    oidcPostLogoutRedirectUri: oidc.postLogoutRedirectUri,
    oidcBackchannelLogoutUri: oidc.backchannelLogoutUri,
  };
}

export function toNewConnection(request: CreateConnectionRequest): NewConnection {
  const { name, settings, provisioning, reservation } = request;
  const given = toSettings(settings);
  // A rule of the contract: one of the two is there.
  if (!given) throw new Error('A connection without settings.');
  return { name, settings: given, provisioning: provisioning && toProvisioning(provisioning), reservation };
}

export function toConnectionChange(request: UpdateConnectionRequest): ConnectionChange {
  const { connectionId, name, state, settings, provisioning } = request;
  return {
    id: connectionId.toLowerCase(),
    name,
    state,
    settings: toSettings(settings),
    provisioning: provisioning && toProvisioning(provisioning),
  };
}

function toSettings(
  settings: { case: 'saml'; value: SamlMessage } | { case: 'oidc'; value: OidcMessage } | { case: undefined },
): Settings | undefined {
  switch (settings.case) {
    case 'saml': {
      const { $typeName: _name, $unknown: _unknown, ...saml } = settings.value;
      const { metadataUrl, spEntityId, idpEntityId } = saml;
      const trimmed = {
        metadataUrl: metadataUrl.trim(),
        spEntityId: spEntityId.trim(),
        idpEntityId: idpEntityId.trim(),
      };
      return { kind: 'saml', saml: { ...saml, ...trimmed } };
    }
    case 'oidc': {
      const { $typeName: _name, $unknown: _unknown, ...oidc } = settings.value;
      const { issuer, clientId, clientSecret } = oidc;
      // Copied from a page of the provider, where blanks stick to them.
      const trimmed = { issuer: issuer.trim(), clientId: clientId.trim(), clientSecret: clientSecret.trim() };
      return { kind: 'oidc', oidc: { ...oidc, ...trimmed } };
    }
    case undefined:
      return undefined;
  }
}

function toProvisioning(message: ProvisioningMessage): Provisioning {
  const { createMembers, defaultRoleId, attributes, groupAttribute, roleMappings } = message;
  return {
    createMembers,
    defaultRoleId: defaultRoleId.toLowerCase(),
    attributes: {
      email: attributes?.email ?? '',
      givenName: attributes?.givenName ?? '',
      familyName: attributes?.familyName ?? '',
    },
    groupAttribute,
    roleMappings: roleMappings.map(({ group, roleId }) => ({ group, roleId: roleId.toLowerCase() })),
  };
}
