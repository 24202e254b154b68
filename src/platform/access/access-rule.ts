import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { Permission } from '../permission/permissions.js';
import type { Caller } from '../caller/caller.js';
import type { ClosedState } from '../caller/organization-entry.rules.js';
import type { AuditEventType } from '../audit/audit-event-type.js';

/** Kinds of callers that a row may admit; `anonymous` sends no credential, `internal` is a sibling service. */
export type CallerKind = Exclude<Caller['kind'], 'system'>;

export interface AccessRule {
  /** The kinds of callers that may call an RPC; access to a single row is decided by the module's policy. */
  readonly callers: ReadonlySet<CallerKind>;
  /** One of these is enough; none listed: the kind of the caller alone decides. */
  readonly anyOf: readonly Permission[];
  /** Why a member is admitted and an API key is not: the call concerns own data, or is recorded under a name. */
  readonly membersFor?: 'own_data' | 'record';
  /**
   * The call is in a project, which the credential or `x-project-id` names. `sdk`: programs in the hands of others send
   * something; `shared`: servers and members read, and delete; `dashboard`: members alone.
   */
  readonly boundary?: 'sdk' | 'shared' | 'dashboard';
  /**
   * The organization is the one that the request names, or that of the project whose id it names: who is a member of it
   * shows once the message is read.
   */
  readonly organization?: 'of_message' | 'of_project';
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
  /** Closed states of an organization in which the RPC is answered; absent: in none. */
  readonly allowedIn?: readonly ClosedState[];
  /** The list of the request whose elements count against the limit of events once they are valid; absent: the call counts as one. */
  readonly countedList?: string;
  /** Whether the request may hold a large audience or batch. */
  readonly largeRequest?: true;
}

/** The rows of a service, by full method name. */
export interface ServiceRows {
  readonly service: DescService;
  readonly rows: readonly (readonly [string, AccessRow])[];
}

function admit(...callers: CallerKind[]): AccessRule {
  return { callers: new Set(callers), anyOf: [] };
}

export const anyone = admit('anonymous', 'person', 'member', 'api_key', 'internal');
/** A signed-in person, with or without an organization. */
export const person = admit('person');
/** The same, or an API key; the call concerns no organization of the caller. */
export const personOrKey = admit('person', 'api_key');
export const anyCredential = admit('person', 'member', 'api_key');
/** A member or an API key of the organization. */
export const signedIn = admit('member', 'api_key');
/** A sibling service, on the internal listener only. */
export const internal = admit('internal');

/** Whether the RPC needs no credential. */
export function isOpen({ callers }: AccessRule): boolean {
  return callers.has('anonymous');
}

/** Whether only sibling services may call it. */
export function isInternal({ callers }: AccessRule): boolean {
  return callers.size === 1 && callers.has('internal');
}

/** Whether the caller acts as a person, across organizations or before there is one. */
export function actsOutsideOrganizations(rule: AccessRule): boolean {
  return (
    isOpen(rule) ||
    rule.organization !== undefined ||
    (rule.callers.has('person') && !rule.callers.has('member'))
  );
}

/** A member or a key that holds one of the permissions. */
export function permission(...anyOf: Permission[]): AccessRule {
  return { ...signedIn, anyOf };
}

/** A member, for their own data; with permissions given, one of them is needed, too. */
export function self(...anyOf: Permission[]): AccessRule {
  return { ...admit('member'), anyOf, membersFor: 'own_data' };
}

/** A member who acts on the organization under their name; with permissions named, one of those too. */
export function named(...anyOf: Permission[]): AccessRule {
  return { ...admit('member'), anyOf, membersFor: 'record' };
}

/** A key of the project that writes: of an SDK, which may be public, or of a server. */
export const projectWrite: AccessRule = { ...admit('project_key'), boundary: 'sdk' };

/** A key of the project that reads, or a member or API key of its organization with the permission. */
export const projectRead: AccessRule = {
  ...admit('member', 'api_key', 'project_key'),
  anyOf: [Permission.ANALYTICS_READ],
  boundary: 'shared',
};

/** The same for what changes or deletes: a key that reads may also delete, a member needs the permission to write. */
export const projectChange: AccessRule = { ...projectRead, anyOf: [Permission.ANALYTICS_WRITE] };

/** A member with one of the permissions, in the project of `x-project-id`; keys of any kind are refused. */
export function dashboardProject(...anyOf: Permission[]): AccessRule {
  return { ...named(...anyOf), boundary: 'dashboard' };
}

/** A member or an API key with one of the permissions, in the project of `x-project-id`; keys of a project are refused. */
export function projectManagement(...anyOf: Permission[]): AccessRule {
  return { ...permission(...anyOf), boundary: 'dashboard' };
}

/**
 * A member, with one of the permissions, of the organization that `org_id` of the request names. Where that may be left out:
 * of the project of `x-project-id`, else of `x-org-id`, else of the only organization that the person belongs to.
 */
export function organizationOfMessage(...anyOf: Permission[]): AccessRule {
  return { ...admit('person', 'member'), anyOf, membersFor: 'record', organization: 'of_message' };
}

/** A member, with one of the permissions, in the project that `id` of the request names, or `x-project-id` if it is empty. */
export function projectOfMessage(...anyOf: Permission[]): AccessRule {
  return { ...organizationOfMessage(...anyOf), organization: 'of_project' };
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

/** An RPC that is answered in these closed states of the organization. */
export function allowedIn(states: readonly ClosedState[], row: AccessRow): AccessRow {
  return { ...row, allowedIn: states };
}

/** An RPC that sends a list of events: each of them counts against the limit of its organization. */
export function countedBy(list: string, row: AccessRow): AccessRow {
  return { ...row, countedList: list };
}

/** An RPC whose request may hold a large audience or batch. */
export function largeRequest(row: AccessRow): AccessRow {
  return { ...row, largeRequest: true };
}

/** One row for each method of the service: a missing or surplus row does not compile. */
export function rowsOf<Service extends DescService>(
  service: Service,
  rows: Record<keyof Service['method'], AccessRow>,
): ServiceRows {
  return {
    service,
    rows: Object.entries(rows).map(([localName, row]) => [methodName(methodOf(service, localName)), row]),
  };
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
