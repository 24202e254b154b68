import { Injectable } from '@nestjs/common';
import type { AdmissionStep } from './admission.js';
import type { Call } from './call.js';
import { IngestThrottle } from '../throttle/ingest-throttle.js';
import { OrganizationThrottle } from '../throttle/organization-throttle.js';

/**
 * One token bucket per organization, shared by all its callers and keyed by the proven organization. What programs send
 * to projects has a separate one, and so has every call of a key that only writes, wherever it is refused: such keys are
 * public, and must not use up the members' calls.
 */
@Injectable()
export class OrganizationThrottleGuard implements AdmissionStep {
  constructor(
    private readonly throttle: OrganizationThrottle,
    private readonly ingest: IngestThrottle,
  ) {}

  admit({ access, caller, organization, proven, rpc }: Call): void | Promise<void> {
    if (caller.kind !== 'member' && caller.kind !== 'api_key' && caller.kind !== 'project_key') return;
    const isSent = access.boundary === 'sdk' || (caller.kind === 'project_key' && caller.access === 'write');
    if (isSent && proven && 'project' in proven) {
      return this.ingest.take(proven.project, organization, rpc.responseHeader, 1);
    }
    // Set together: a member or a key always has an organization.
    return this.throttle.take(caller.orgId, organization, rpc.responseHeader);
  }
}
