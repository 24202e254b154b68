import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { callOf } from '../rpc/call.js';
import { AddressThrottle } from './address-throttle.js';

/**
 * Limits by address, before anything is looked up, calls without a credential and RPCs that need none: a token of
 * one's own must not open a second way to guess sign-in codes.
 */
@Injectable()
export class AddressThrottleGuard implements CanActivate {
  constructor(private readonly throttle: AddressThrottle) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const call = callOf(context);
    const { rpc, access } = call;
    if (rpc.listener === 'internal') return true;
    if (access.caller !== 'anyone' && rpc.header.has('authorization')) return true;
    return this.throttle.take(call).then(() => true);
  }
}
