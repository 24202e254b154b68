import { Injectable } from '@nestjs/common';
import { UserStatus } from '@dovecote/contract/pidgr/v1/user_pb';
import { Clock } from '../clock/clock.js';
import { type AppError, permissionDenied, unauthenticated } from '../errors/index.js';
import { actsOutsideOrganizations } from '../access/access-rule.js';
import type { AdmissionStep } from './admission.js';
import type { Call } from './call.js';
import { PersonThrottle } from '../throttle/person-throttle.js';
import type { MemberCaller, PersonCaller } from '../caller/caller.js';
import { orgIdHeader } from './org-id-header.js';
import { projectIdHeader, projectNotAccessible } from './project-id-header.js';
import { type Membership, MembershipDirectory } from '../caller/memberships.directory.js';
import { EntryCheck } from '../caller/entry-check.js';
import { type ClosedState, refuseEntry, refuseIngest } from '../caller/organization-entry.rules.js';
import type { Project } from '../caller/project.js';
import { ProjectDirectory } from '../caller/projects.directory.js';
import type { OrganizationState } from '../caller/organization-state.js';
import { UsageRecorder } from '../caller/usage-recorder.js';

/** Finds out for which organization: the header wins over the token's claim, a key knows its own. */
@Injectable()
export class OrganizationGuard implements AdmissionStep {
  constructor(
    private readonly memberships: MembershipDirectory,
    private readonly projects: ProjectDirectory,
    private readonly throttle: PersonThrottle,
    private readonly entry: EntryCheck,
    private readonly usage: UsageRecorder,
    private readonly clock: Clock,
  ) {}

  admit(call: Call): void | Promise<void> {
    if (call.caller.kind === 'person') return this.chooseOrganization(call, call.caller);
    if (call.proven && 'organization' in call.proven) this.enter(call, call.proven.organization);
  }

  private chooseOrganization(call: Call, person: PersonCaller): void | Promise<void> {
    const { access } = call;
    if (access.boundary && access.callers.has('member')) return this.chooseProject(call, person);
    const outside = access.boundary !== undefined || actsOutsideOrganizations(access);
    const orgId = outside ? undefined : chosenOrgId(call);
    const known = orgId && this.memberships.recall(orgId, person.identityId);
    return known ? this.enterAs(call, person, known) : this.lookUp(call, person, orgId);
  }

  /** As a member of an organization that became known after admission; the person has been throttled. */
  async enterNamed(call: Call, person: PersonCaller, orgId: string): Promise<void> {
    return this.enterAs(call, person, await this.memberships.find(orgId, person.identityId));
  }

  /** The organization is the project's. */
  private chooseProject(call: Call, person: PersonCaller): void | Promise<void> {
    const id = projectIdHeader(call);
    const project = this.projects.recall(id);
    const membership = project && this.memberships.recall(project.orgId, person.identityId);
    if (!project || !membership) return this.lookUpProject(call, person, id);
    return this.enterProject(call, person, project, membership);
  }

  private async lookUpProject(call: Call, person: PersonCaller, id: string): Promise<void> {
    await this.throttle.take(person.identityId);
    const project = await this.projects.find(id);
    const membership = project && (await this.memberships.find(project.orgId, person.identityId));
    if (!project || !membership) throw projectNotAccessible();
    return this.enterProject(call, person, project, membership);
  }

  private enterProject(
    call: Call,
    person: PersonCaller,
    project: Project,
    membership: Membership,
  ): void | Promise<void> {
    if ((orgIdHeader(call) ?? project.orgId) !== project.orgId) throw projectNotAccessible();
    call.project = project;
    return this.enterAs(call, person, membership);
  }

  private async lookUp(call: Call, person: PersonCaller, orgId: string | undefined): Promise<void> {
    // A known member counts against the organization; all else would be free, and the look-up with it.
    await this.throttle.take(person.identityId);
    if (orgId === undefined) return;
    return this.enterAs(call, person, await this.memberships.find(orgId, person.identityId));
  }

  private enterAs(
    call: Call,
    person: PersonCaller,
    membership: Membership | undefined,
  ): void | Promise<void> {
    if (!membership) throw notAMember();
    const noted = this.entry.pass(person, membership);
    if (noted === undefined) return this.enterMember(call, person, membership);
    return noted.then(() => this.enterMember(call, person, membership));
  }

  private enterMember(call: Call, person: PersonCaller, membership: Membership): void {
    requireActive(membership);
    requireSignedIn(membership, person);
    const { orgId, userId } = membership;
    const { sessionId } = person;
    if (sessionId !== '') this.usage.sessionUsedIn(orgId, { userId, sessionId, at: this.clock.now() });
    call.caller = memberCaller(person, membership);
    return this.enter(call, membership.organization);
  }

  private enter(call: Call, organization: OrganizationState): void {
    call.organization = organization;
    const now = this.clock.now();
    const refusal =
      call.access.boundary === 'sdk'
        ? refuseIngest(organization, now)
        : refuseEntry(organization, now, answersIn(call));
    if (refusal) throw refusal;
  }
}

/** The same for organizations that do not exist. */
export function notAMember(): AppError {
  return permissionDenied('NOT_A_MEMBER', 'You are not a member of this organization.');
}

function chosenOrgId(call: Call): string | undefined {
  const claimed = call.proven && 'claimedOrgId' in call.proven ? call.proven.claimedOrgId : undefined;
  return orgIdHeader(call) ?? claimed;
}

function requireActive(membership: Membership): void {
  if (membership.status === UserStatus.ACTIVE) return;
  throw membership.status === UserStatus.INVITED
    ? permissionDenied(
        'INVITATION_OPEN',
        'This organization has invited you; accept the invitation first (MembershipService.AcceptInvitation).',
      )
    : permissionDenied('MEMBER_DEACTIVATED', 'Your membership in this organization has been deactivated.');
}

/** Sessions are the person's, in all their organizations; this one no longer believes in those from before. */
function requireSignedIn({ signedOutAt }: Membership, { provenAt = 0 }: PersonCaller): void {
  if (!signedOutAt || provenAt > signedOutAt.getTime()) return;
  throw unauthenticated(
    'SIGNED_OUT',
    'An administrator has signed you out of this organization; sign in again.',
  );
}

/** One caller object per membership, session and proof, so that what is derived from it is derived once. */
const callers = new WeakMap<Membership, Map<string, MemberCaller>>();

function memberCaller(person: PersonCaller, membership: Membership): MemberCaller {
  const bySession = callers.get(membership) ?? new Map<string, MemberCaller>();
  callers.set(membership, bySession);
  const known = bySession.get(person.sessionId);
  if (known && known.provenAt === person.provenAt) return known;
  const { orgId, userId, roleSlug, permissions } = membership;
  const caller: MemberCaller = { ...person, kind: 'member', orgId, userId, roleSlug, permissions };
  bySession.set(person.sessionId, caller);
  return caller;
}

function answersIn({ caller, access: { allowedIn = [] } }: Call): readonly ClosedState[] {
  // API keys are programs: all their calls are refused while the organization is being deleted.
  return caller.kind === 'member' ? allowedIn : allowedIn.filter((state) => state !== 'being_deleted');
}
