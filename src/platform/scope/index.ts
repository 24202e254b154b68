export { requireOrganization } from './require-organization.js';
export { Scope, type AuditEntry } from './scope.js';
export { Scopes, type ScopeOrigin } from './scopes.js';
