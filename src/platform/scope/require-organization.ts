import { validate as isUuid } from 'uuid';
import { orgIdOf } from '../caller/caller.js';
import { invalidArgument } from '../errors/index.js';
import type { Scope } from './scope.js';

/** Internal callers belong to no organization and say for which one they call. */
export function requireOrganization(scope: Scope): void {
  if (isUuid(orgIdOf(scope.caller))) return;
  throw invalidArgument([{ field: 'x-org-id', description: 'must be the id of an organization' }]);
}

/** Or their message says it, in `org_id`; if they say it twice, then the same. */
export function adoptOrganization(scope: Scope, orgId: string): void {
  const named = orgIdOf(scope.caller);
  if (named !== undefined && named !== orgId) {
    throw invalidArgument([{ field: 'org_id', description: 'must be the organization of x-org-id' }]);
  }
  scope.adopt(orgId);
}
