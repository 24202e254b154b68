import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { callOf } from '../rpc/call.js';
import { AddressThrottle } from './address-throttle.js';

/** Limits calls without a credential by address, before anything is looked up for them. */
@Injectable()
export class AddressThrottleGuard implements CanActivate {
  constructor(private readonly throttle: AddressThrottle) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const call = callOf(context);
    if (call.rpc.listener !== 'internal' && !call.rpc.header.has('authorization'))
      await this.throttle.take(call);
    return true;
  }
}
