export {
  type Connection,
  connectionState,
  loginOutcome,
  membersOnly,
  type Provisioning,
} from './connection.js';
export { Connections } from './connections.service.js';
export { Domains } from './domain.service.js';
export { oidcEndpoints, samlEndpoints } from './endpoints.js';
export { Enforcement } from './enforcement.service.js';
export { Metadata } from './metadata.service.js';
export { UnusableMetadata } from './metadata-source.js';
export { EndpointError, OidcDiscovery } from './oidc-discovery.js';
export { isAllowedRedirect } from './redirect.rules.js';
export { SpKeys } from './sp-keys.service.js';
export { SsoModule } from './sso.module.js';
