import type { INestApplication, INestMicroservice } from '@nestjs/common';
import { AccessGuard } from '../access/access.guard.js';
import { CallerGuard } from '../caller/caller.guard.js';
import { OrganizationGuard } from '../caller/organization.guard.js';
import { ScopeInterceptor } from '../scope/scope.interceptor.js';
import { AddressThrottleGuard } from '../throttle/address-throttle.guard.js';
import { OrganizationThrottleGuard } from '../throttle/organization-throttle.guard.js';
import { RpcErrorFilter } from './rpc-error.filter.js';
import { ValidationInterceptor } from './validation.interceptor.js';

/**
 * The life of a call, in this order: each line may refuse it, the handler runs last. Errors leave through
 * ErrorExit, in the transport strategy.
 */
const guards = [
  // Cheap refusal first: nothing is looked up for an address that asks too much.
  AddressThrottleGuard,
  CallerGuard,
  OrganizationGuard,
  // After the organization is proven: a limit keyed by what a caller merely claims could be spent by others.
  OrganizationThrottleGuard,
  AccessGuard,
];

const interceptors = [
  // After access: what a message must look like is not told to those who may not send it.
  ValidationInterceptor,
  ScopeInterceptor,
];

/** Puts the pipeline in front of every RPC; plain HTTP routes (health, keys) are not calls and pass by. */
export function installPipeline(app: INestApplication, microservice: INestMicroservice): void {
  microservice.useGlobalGuards(...guards.map((guard) => app.get(guard)));
  microservice.useGlobalInterceptors(...interceptors.map((interceptor) => app.get(interceptor)));
  microservice.useGlobalFilters(app.get(RpcErrorFilter));
}
