import type { DescMethod, DescService } from '@bufbuild/protobuf';
import type { Permission } from './permissions.js';
import type { AuditEventType } from '../audit/audit-event-type.js';

/**
 * Who may call an RPC at all; what they may do with one row is decided by the module's policy.
 * - `anyone`: no credential needed
 * - `person`: a signed-in person, organization or not
 * - `person_or_key`: the same, or an API key; what they do concerns no organization that they are in
 * - `member`: a signed-in member, for their own data; API keys have none
 * - `member_or_key`: a member or an API key of the organization
 * - `member_or_key_or_person`: anybody with a valid credential
 * - `internal`: a sibling service, only on the internal listener
 */
export type CallerRule =
  'anyone' | 'person' | 'person_or_key' | 'member' | 'member_or_key' | 'member_or_key_or_person' | 'internal';

export interface AccessRule {
  readonly caller: CallerRule;
  /** One of these is enough; none listed: the caller rule alone decides. */
  readonly anyOf: readonly Permission[];
  /** Not for sessions that an organization's identity provider vouched for: it speaks for that organization only. */
  readonly personal?: true;
  /** Present: the caller must have proven lately who they are, but for the kinds named. */
  readonly recent?: { readonly exempt: readonly CallerWithoutProof[] };
}

/** Callers behind whom nobody sits who could prove anything again. */
export type CallerWithoutProof = 'api_key' | 'internal';

export interface AccessRow extends AccessRule {
  /** The audit events that a mutating RPC writes; absent for reads. */
  readonly audit?: readonly AuditEventType[];
}

export const anyone: AccessRule = { caller: 'anyone', anyOf: [] };
export const person: AccessRule = { caller: 'person', anyOf: [] };
export const personOrKey: AccessRule = { caller: 'person_or_key', anyOf: [] };
export const internal: AccessRule = { caller: 'internal', anyOf: [] };
export const signedIn: AccessRule = { caller: 'member_or_key', anyOf: [] };

/** A member or a key that holds one of the permissions. */
export function permission(...anyOf: Permission[]): AccessRule {
  return { caller: 'member_or_key', anyOf };
}

/** A member, for their own data; with permissions named, one of those too. */
export function self(...anyOf: Permission[]): AccessRule {
  return { caller: 'member', anyOf };
}

/**
 * Asks for a proof that is not older than `RECENT_SIGN_IN_MINUTES`: a stolen token, or a device left open, is not
 * enough for what cannot be taken back. Programs are refused unless named as exempt.
 */
export function recent(rule: AccessRule, ...exempt: CallerWithoutProof[]): AccessRule {
  return { ...rule, recent: { exempt } };
}

/** For what is the person's everywhere: whoever runs the provider of one organization must not reach it. */
export function personal(rule: AccessRule): AccessRule {
  return { ...rule, personal: true };
}

export function read(rule: AccessRule): AccessRow {
  return rule;
}

/** An RPC that changes something, and the events that record it. */
export function write(rule: AccessRule, ...audit: [AuditEventType, ...AuditEventType[]]): AccessRow {
  return { ...rule, audit };
}

/** A change that has no event type in the contract: bookkeeping such as a device's last contact. */
export function unaudited(rule: AccessRule): AccessRow {
  return { ...rule, audit: [] };
}

/** One row for each method of the service: a missing or surplus row does not compile. */
export function rowsOf<Service extends DescService>(
  service: Service,
  rows: Record<keyof Service['method'], AccessRow>,
): [string, AccessRow][] {
  return Object.entries(rows).map(([localName, row]) => [methodName(methodOf(service, localName)), row]);
}

function methodOf(service: DescService, localName: string): DescMethod {
  const method = service.method[localName];
  if (!method) throw new Error(`${service.typeName} has no method ${localName}.`);
  return method;
}

/** `/pidgr.v1.RoleService/ListRoles`: the name of an RPC everywhere in the server. */
export function methodName(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}
