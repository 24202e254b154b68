import type { DescMethod, DescService } from '@bufbuild/protobuf';
import type { Permission } from '../permission/permissions.js';
import type { AuditEventType } from '../audit/audit-event-type.js';

/**
 * Who may call an RPC at all; what they may do with one row is decided by the module's policy.
 * - `anyone`: no credential needed
 * - `person`: a signed-in person, organization or not
 * - `person_or_key`: the same, or an API key; what they do concerns no organization that they are in
 * - `member`: a signed-in member, for their own data; API keys have none
 * - `named_member`: a signed-in member; what they do is on record under a name, and API keys have none
 * - `member_or_key`: a member or an API key of the organization
 * - `member_or_key_or_person`: anybody with a valid credential
 * - `internal`: a sibling service, only on the internal listener
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
  /** Not for sessions that an organization's identity provider vouched for: it speaks for that organization only. */
  readonly personal?: true;
}

/** Callers behind whom nobody sits who could prove anything again. */
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

/** A member, for their own data; with permissions named, one of those too. */
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

/** For what is the person's everywhere: whoever runs the provider of one organization must not reach it. */
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
