import type { DescMethod, DescService } from '@bufbuild/protobuf';
import type { Permission } from '../permission/permissions.js';
import type { AuditEventType } from '../audit/audit-event-type.js';

/**
 * The types of callers that may call an RPC; access to a single row is decided by the module's policy.
 * - `anyone`: no credential needed
 * - `person`: a signed-in person, with or without an organization
 * - `person_or_key`: the same, or an API key; the call concerns no organization of the caller
 * - `member`: a signed-in member, for their own data; not for API keys
 * - `named_member`: a signed-in member; the call is recorded under a person's name, so not for API keys
 * - `member_or_key`: a member or an API key of the organization
 * - `member_or_key_or_person`: any valid credential
 * - `internal`: a sibling service, on the internal listener only
 */
export type CallerRule =
  | 'anyone'
  | 'person'
  | 'person_or_key'
  | 'member'
  | 'named_member'
  | 'member_or_key'
  | 'member_or_key_or_person'
  | 'internal';

export interface AccessRule {
  readonly caller: CallerRule;
  /** One of these is enough; none listed: the caller rule alone decides. */
  readonly anyOf: readonly Permission[];
  /** Refuses sessions of an identity provider: they are limited to its organization. */
  readonly personal?: true;
}

/** Non-interactive callers, which cannot re-authenticate. */
export type CallerWithoutProof = 'api_key' | 'internal';

/**
 * Whether the caller must have proven lately who they are. Required of whatever grants rights, takes data out in bulk,
 * cannot be undone or weakens sign-in: a stolen token, or a device left open, is not enough for that.
 * - `none`: any valid credential does
 * - `recent`: a proof that is not older than `RECENT_SIGN_IN_MINUTES`, but for the callers named
 * - `depends`: the same where the request, or what it finds, makes it one of those; the handler asks
 */
export type ProofNeed =
  | { readonly need: 'none' }
  | { readonly need: 'recent'; readonly exempt: readonly CallerWithoutProof[] }
  | { readonly need: 'depends'; readonly when: string };

export interface AccessRow extends AccessRule {
  readonly proof: ProofNeed;
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

/** A member, for their own data; with permissions given, one of them is needed, too. */
export function self(...anyOf: Permission[]): AccessRule {
  return { caller: 'member', anyOf };
}

/** A member who acts on the organization under their name; with permissions named, one of those too. */
export function named(...anyOf: Permission[]): AccessRule {
  return { caller: 'named_member', anyOf };
}

export const anyProof: ProofNeed = { need: 'none' };

/** Programs are refused unless named as exempt. */
export function recentProof(...exempt: CallerWithoutProof[]): ProofNeed {
  return { need: 'recent', exempt };
}

/** Only where it is one of those, in words for the documentation; the handler calls `scope.requireRecentProof()`. */
export function recentProofWhere(when: string): ProofNeed {
  return { need: 'depends', when };
}

/**
 * For data of the person across organizations: the admins of one organization's provider must not reach it.
 */
export function personal(rule: AccessRule): AccessRule {
  return { ...rule, personal: true };
}

export function read(rule: AccessRule, proof: ProofNeed): AccessRow {
  return { ...rule, proof };
}

/** An RPC that changes something, and the events that record it. */
export function write(
  rule: AccessRule,
  proof: ProofNeed,
  ...audit: [AuditEventType, ...AuditEventType[]]
): AccessRow {
  return { ...rule, proof, audit };
}

/** A change that has no event type in the contract: bookkeeping such as a device's last contact. */
export function unaudited(rule: AccessRule, proof: ProofNeed): AccessRow {
  return { ...rule, proof, audit: [] };
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
