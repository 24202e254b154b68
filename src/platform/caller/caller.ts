import type { Permission } from '../permission/permissions.js';

/** A caller without a credential. */
interface AnonymousCaller {
  readonly kind: 'anonymous';
}

/** A signed-in person who has not chosen an organization, or belongs to none. */
export interface PersonCaller {
  readonly kind: 'person';
  readonly identityId: string;
  readonly email: string;
  readonly sessionId: string;
  /** The organization whose identity provider vouched for the session; it acts there and nowhere else. */
  readonly ssoOrgId?: string;
  /** Whether a passkey was their last proof. */
  readonly byPasskey?: boolean;
  /** Whether a password was; it acts in organizations that take passwords. */
  readonly byPassword?: boolean;
  /** Whether anyone may open the session: of the demo account, which only reads. */
  readonly byDemo?: boolean;
  /** When they last proved who they are, in milliseconds of the epoch; absent where nothing says so. */
  readonly provenAt?: number;
}

/** A signed-in person as a member of one organization. */
export interface MemberCaller {
  readonly kind: 'member';
  readonly identityId: string;
  readonly email: string;
  readonly sessionId: string;
  readonly ssoOrgId?: string;
  readonly byPasskey?: boolean;
  readonly byPassword?: boolean;
  readonly byDemo?: boolean;
  readonly provenAt?: number;
  readonly orgId: string;
  readonly userId: string;
  readonly roleSlug: string;
  readonly permissions: ReadonlySet<Permission>;
}

/** A program with a key of one organization. */
export interface ApiKeyCaller {
  readonly kind: 'api_key';
  readonly orgId: string;
  readonly keyId: string;
  readonly permissions: ReadonlySet<Permission>;
}

/**
 * A program with a key of one project. `write` keys are public, as they stand in the page of a site; `read`
 * keys belong on servers, and a key of both kinds of access, too.
 */
export interface ProjectKeyCaller {
  readonly kind: 'project_key';
  readonly orgId: string;
  readonly projectId: string;
  /** The project in the analytics store. */
  readonly projectNumber: number;
  readonly keyId: string;
  readonly access: 'write' | 'read' | 'both';
}

/** A sibling service on the internal listener, acting for the organization that it names. */
interface InternalCaller {
  readonly kind: 'internal';
  readonly orgId?: string;
}

/** A job of this server, acting for one organization or for none. */
interface SystemCaller {
  readonly kind: 'system';
  readonly orgId?: string;
}

export type Caller =
  | AnonymousCaller
  | PersonCaller
  | MemberCaller
  | ApiKeyCaller
  | ProjectKeyCaller
  | InternalCaller
  | SystemCaller;

const none: ReadonlySet<Permission> = new Set();

export function permissionsOf(caller: Caller): ReadonlySet<Permission> {
  return caller.kind === 'member' || caller.kind === 'api_key' ? caller.permissions : none;
}

export function orgIdOf(caller: Caller): string | undefined {
  return caller.kind === 'anonymous' || caller.kind === 'person' ? undefined : caller.orgId;
}

/** The id that audit rows and `created_by` carry; empty for the system. */
export function actorIdOf(caller: Caller): string {
  switch (caller.kind) {
    case 'member':
      return caller.userId;
    case 'person':
      return caller.identityId;
    case 'api_key':
    case 'project_key':
      return caller.keyId;
    case 'anonymous':
    case 'internal':
    case 'system':
      return '';
  }
}
