import { Injectable } from '@nestjs/common';
import type { Call } from './call.js';
import type { AdmissionStep } from './admission.js';
import { hasCredential } from './presented-credential.js';
import { AddressThrottle } from '../throttle/address-throttle.js';
import { isOpen } from '../access/access-rule.js';

/**
 * Limits by address, before anything is looked up, calls without a credential and RPCs that need none: a token of
 * one's own must not open a second way to guess sign-in codes.
 */
@Injectable()
export class AddressThrottleGuard implements AdmissionStep {
  constructor(private readonly throttle: AddressThrottle) {}

  admit(call: Call): void | Promise<void> {
    const { rpc, access } = call;
    if (rpc.listener === 'internal') return;
    if (!isOpen(access) && hasCredential(call)) return;
    return this.throttle.take(call.address);
  }
}
