import { validate as isUuid } from 'uuid';
import { orgIdOf } from '../caller/caller.js';
import { invalidArgument } from '../errors/index.js';
import type { Scope } from './scope.js';

/** Internal callers belong to no organization and say for which one they call. */
export function requireOrganization(scope: Scope): void {
  if (isUuid(orgIdOf(scope.caller))) return;
  throw invalidArgument([{ field: 'x-org-id', description: 'must be the id of an organization' }]);
}
