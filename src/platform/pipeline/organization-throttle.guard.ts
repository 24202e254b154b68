import { Injectable } from '@nestjs/common';
import type { AdmissionStep } from './admission.js';
import type { Call } from './call.js';
import { OrganizationThrottle } from '../throttle/organization-throttle.js';

/** One token bucket per organization, shared by all its callers and keyed by the proven organization. */
@Injectable()
export class OrganizationThrottleGuard implements AdmissionStep {
  constructor(private readonly throttle: OrganizationThrottle) {}

  admit({ caller, organization, rpc }: Call): void | Promise<void> {
    if (caller.kind !== 'member' && caller.kind !== 'api_key') return;
    // Set together: a member or a key always has an organization.
    return this.throttle.take(caller.orgId, organization, rpc.responseHeader);
  }
}
