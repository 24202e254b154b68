import type { INestApplication, INestMicroservice } from '@nestjs/common';
import type { AdmissionStep } from './admission.js';
import { AccessGuard } from './access.guard.js';
import { CallerGuard } from './caller.guard.js';
import { OrganizationGuard } from './organization.guard.js';
import { AddressThrottleGuard } from './address-throttle.guard.js';
import { OrganizationThrottleGuard } from './organization-throttle.guard.js';
import { RpcErrorFilter } from './rpc-error.filter.js';
import { ValidationGuard } from './validation.guard.js';

/**
 * The life of a call, in this order: each line may refuse it, the handler runs last. The strategy commits the
 * handler's scope before the answer leaves, or rolls it back; errors leave through ErrorExit. No pipes and no
 * interceptors: Nest's way of running them costs more than all of this.
 *
 * Admission comes first, and knows a call by its header: nothing of its body is read, inflated or parsed for whoever
 * is not admitted, and what turns out to be malformed has been counted.
 */
const admission = [
  // Cheap refusal first: nothing is looked up for an address that asks too much.
  AddressThrottleGuard,
  CallerGuard,
  OrganizationGuard,
  // After the organization is proven: a limit keyed by what a caller merely claims could be spent by others.
  OrganizationThrottleGuard,
  AccessGuard,
];
/** Then libs/rpc reads the message, within the limits of connect-options.ts. */
const guards = [
  // After access: what a message must look like is not told to those who may not send it.
  ValidationGuard,
];

/** The steps of admission, for the strategy: plain HTTP routes (health, keys) are not calls and have a door of their own. */
export function admissionSteps(app: INestApplication): AdmissionStep[] {
  return admission.map((step) => app.get<AdmissionStep>(step));
}

/** Puts the guards in front of every handler. */
export function installGuards(app: INestApplication, microservice: INestMicroservice): void {
  microservice.useGlobalGuards(...guards.map((guard) => app.get(guard)));
  microservice.useGlobalFilters(app.get(RpcErrorFilter));
}
