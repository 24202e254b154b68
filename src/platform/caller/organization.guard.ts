import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { failedPrecondition, permissionDenied } from '../errors/index.js';
import { type Call, callOf } from '../rpc/call.js';
import { PersonThrottle } from '../throttle/person-throttle.js';
import type { MemberCaller, PersonCaller } from './caller.js';
import { orgIdHeader } from './org-id-header.js';
import { type Membership, MembershipDirectory } from './memberships.directory.js';
import type { OrganizationState } from './organization-state.js';

/** Still answered for a suspended organization, so that its people can see why nothing else is, and go elsewhere. */
const answeredWhenSuspended = [
  '/pidgr.v1.OrganizationService/GetOrganization',
  '/dovecote.auth.v1.AuthService/WhoAmI',
];

/** Finds out for which organization: the header wins over the token's claim, a key knows its own. */
@Injectable()
export class OrganizationGuard implements CanActivate {
  constructor(
    private readonly memberships: MembershipDirectory,
    private readonly throttle: PersonThrottle,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const call = callOf(context);
    if (call.caller.kind === 'person') return this.chooseOrganization(call, call.caller);
    return call.caller.kind === 'api_key' && call.proven && 'organization' in call.proven
      ? enter(call, call.proven.organization)
      : true;
  }

  private chooseOrganization(call: Call, person: PersonCaller): boolean | Promise<boolean> {
    // RPCs for people as such act across organizations, or before there is one.
    const forPeople = call.access.caller === 'person' || call.access.caller === 'anyone';
    const orgId = forPeople ? undefined : chosenOrgId(call);
    const known = orgId && this.memberships.recall(orgId, person.identityId);
    return known ? enterAs(call, person, known) : this.lookUp(call, person, orgId);
  }

  private async lookUp(call: Call, person: PersonCaller, orgId: string | undefined): Promise<boolean> {
    // A known member counts against the organization; all else would be free, and the look-up with it.
    await this.throttle.take(person.identityId);
    return orgId === undefined
      ? true
      : enterAs(call, person, await this.memberships.find(orgId, person.identityId));
  }
}

function enterAs(call: Call, person: PersonCaller, membership: Membership | undefined): true {
  if (!membership) throw permissionDenied('NOT_A_MEMBER', 'You are not a member of this organization.');
  requireActive(membership);
  call.caller = memberCaller(person, membership);
  return enter(call, membership.organization);
}

function chosenOrgId(call: Call): string | undefined {
  const claimed = call.proven && 'claimedOrgId' in call.proven ? call.proven.claimedOrgId : undefined;
  return orgIdHeader(call) ?? claimed;
}

function requireActive(membership: Membership): void {
  if (membership.status === UserStatus.ACTIVE) return;
  throw membership.status === UserStatus.INVITED
    ? permissionDenied('INVITATION_OPEN', 'Sign in again to accept the invitation to this organization.')
    : permissionDenied('MEMBER_DEACTIVATED', 'Your membership in this organization has been deactivated.');
}

/** One caller object per membership and session, so that what is derived from it is derived once. */
const callers = new WeakMap<Membership, Map<string, MemberCaller>>();

function memberCaller(person: PersonCaller, membership: Membership): MemberCaller {
  const bySession = callers.get(membership) ?? new Map<string, MemberCaller>();
  callers.set(membership, bySession);
  const known = bySession.get(person.sessionId);
  if (known) return known;
  const { orgId, userId, roleSlug, permissions } = membership;
  const caller: MemberCaller = { ...person, kind: 'member', orgId, userId, roleSlug, permissions };
  bySession.set(person.sessionId, caller);
  return caller;
}

function enter(call: Call, organization: OrganizationState): true {
  call.organization = organization;
  if (organization.suspended && !answeredWhenSuspended.includes(call.rpc.name)) {
    throw failedPrecondition(
      'ORGANIZATION_SUSPENDED',
      'This organization is suspended; contact your administrator.',
    );
  }
  return true;
}
