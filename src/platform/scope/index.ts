export { adoptOrganization, requireOrganization } from './require-organization.js';
export { type Actor, Scope, type AuditEntry } from './scope.js';
export { originOf, Scopes, type ScopeOrigin } from './scopes.js';
