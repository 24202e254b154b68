import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  type CreateSSOProviderRequest,
  type SSOProvider,
  SSOProviderSchema,
  SSOProviderType,
} from '@dovecote/contract/pidgr/v1/sso_pb';
import type { Connection } from './connection.js';
import type { NewProvider } from './providers.service.js';

export function toProvider(connection: Connection): SSOProvider {
  const { id, contractDomain, saml, oidc, providerName, provisioning, createdAt, updatedAt } = connection;
  return create(SSOProviderSchema, {
    id,
    domain: contractDomain ?? '',
    type: saml ? SSOProviderType.SSO_PROVIDER_TYPE_SAML : SSOProviderType.SSO_PROVIDER_TYPE_OIDC,
    metadataUrl: saml?.metadataUrl ?? oidc?.issuer ?? '',
    idpProviderName: providerName,
    attributeMapping: provisioning.attributes,
    createdAt: timestampFromDate(createdAt),
    updatedAt: timestampFromDate(updatedAt),
  });
}

export function toNewProvider(request: CreateSSOProviderRequest): NewProvider {
  const { domain, type, metadataUrl, attributeMapping } = request;
  return {
    domain,
    metadataUrl,
    kind: type === SSOProviderType.SSO_PROVIDER_TYPE_OIDC ? 'oidc' : 'saml',
    attributes: {
      email: attributeMapping?.email ?? '',
      givenName: attributeMapping?.givenName ?? '',
      familyName: attributeMapping?.familyName ?? '',
    },
  };
}
