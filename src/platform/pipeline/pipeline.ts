import type { INestApplication, INestMicroservice } from '@nestjs/common';
import type { AdmissionStep } from './admission.js';
import { AccessGuard } from './access.guard.js';
import { CallerGuard } from './caller.guard.js';
import { OrganizationGuard } from './organization.guard.js';
import { AddressThrottleGuard } from './address-throttle.guard.js';
import { EventCountGuard } from './event-count.guard.js';
import { MessageOrganizationGuard } from './message-organization.guard.js';
import { ProjectGuard } from './project.guard.js';
import { OrganizationThrottleGuard } from './organization-throttle.guard.js';
import { RpcErrorFilter } from './rpc-error.filter.js';
import { ValidationGuard } from './validation.guard.js';

/**
 * The life of a call, in this order: each line may refuse it, the handler runs last. The strategy commits or
 * rolls back the handler's scope before the response is sent; errors pass ErrorExit. No pipes and no
 * interceptors: in Nest they cost more than all of this.
 * Admission comes first and knows the header only: the body of a refused call is neither read nor inflated
 * nor parsed, and a malformed call has been counted.
 */
const admission = [
  // Cheap refusal first: nothing is looked up for an address that asks too much.
  AddressThrottleGuard,
  CallerGuard,
  OrganizationGuard,
  // After the organization is proven: a limit keyed by what a caller merely claims could be spent by others.
  OrganizationThrottleGuard,
  // Before the project: a key of the wrong kind learns so, whatever project the call names.
  AccessGuard,
  ProjectGuard,
];
/** Then libs/rpc reads the message, within the limits of connect-options.ts. */
const guards = [
  // After access: what a message must look like is not told to those who may not send it.
  ValidationGuard,
  // The rest of admission, for calls whose message names the organization.
  MessageOrganizationGuard,
  // The module counts only what is valid.
  EventCountGuard,
];

/**
 * The steps of admission, for the strategy. Plain HTTP routes (health, keys) are not calls and have their own
 * admission.
 */
export function admissionSteps(app: INestApplication): AdmissionStep[] {
  return admission.map((step) => app.get<AdmissionStep>(step));
}

/** Puts the guards in front of every handler. */
export function installGuards(app: INestApplication, microservice: INestMicroservice): void {
  microservice.useGlobalGuards(...guards.map((guard) => app.get(guard)));
  microservice.useGlobalFilters(app.get(RpcErrorFilter));
}
