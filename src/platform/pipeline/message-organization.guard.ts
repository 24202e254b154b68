import type { DescMessage, Message } from '@bufbuild/protobuf';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import type { PersonCaller } from '../caller/caller.js';
import { MembershipDirectory } from '../caller/memberships.directory.js';
import type { Project } from '../caller/project.js';
import { ProjectDirectory } from '../caller/projects.directory.js';
import { invalidArgument, notFound } from '../errors/index.js';
import { AccessGuard } from './access.guard.js';
import { type Call, callOf } from './call.js';
import { orgIdHeader } from './org-id-header.js';
import { notAMember, OrganizationGuard } from './organization.guard.js';
import { OrganizationThrottleGuard } from './organization-throttle.guard.js';
import { projectIdHeader, projectIdMissing, projectNotAccessible } from './project-id-header.js';

/**
 * Enters the organization or the project that the request names, where the access table says so. Admission could not: it knows the header
 * only. What it left out is asked here, in its order: membership, the organization's limit, permissions.
 */
@Injectable()
export class MessageOrganizationGuard implements CanActivate {
  constructor(
    private readonly organizations: OrganizationGuard,
    private readonly throttle: OrganizationThrottleGuard,
    private readonly access: AccessGuard,
    private readonly memberships: MembershipDirectory,
    private readonly projects: ProjectDirectory,
  ) {}

  canActivate(context: ExecutionContext): true | Promise<true> {
    const call = callOf(context);
    const { caller, access } = call;
    if (access.organization === undefined || caller.kind !== 'person') return true;
    const request = context.getArgByIndex<Message>(0);
    const { input } = call.rpc.method;
    return access.organization === 'of_project'
      ? this.enterProject(call, caller, valueOf(request, input, 'id'))
      : this.enterOrganization(call, caller, valueOf(request, input, 'org_id'));
  }

  private async enterOrganization(call: Call, person: PersonCaller, named: string): Promise<true> {
    const ofProject = (await this.projectOfHeader(call, person))?.orgId;
    const orgId = named || ofProject || orgIdHeader(call) || (await this.onlyOne(person));
    if (!orgId) throw invalidArgument([{ field: 'org_id', description: 'value is required' }]);
    if (!isUuid(orgId)) throw notAMember();
    return this.enter(call, person, orgId.toLowerCase());
  }

  private async enterProject(call: Call, person: PersonCaller, named: string): Promise<true> {
    const ofHeader = await this.projectOfHeader(call, person);
    const project = named === '' ? ofHeader : await this.ownProject(person, named.toLowerCase());
    // A project that is named in the request is an object of the call: what is not the caller's is not there.
    if (!project) throw named === '' ? projectIdMissing() : notFound('project');
    call.project = project;
    return this.enter(call, person, project.orgId);
  }

  private async enter(call: Call, person: PersonCaller, orgId: string): Promise<true> {
    await this.organizations.enterNamed(call, person, orgId);
    await this.throttle.admit(call);
    this.access.admit(call);
    return true;
  }

  /** A project need not be named; one that is must be the caller's. */
  private async projectOfHeader(call: Call, person: PersonCaller): Promise<Project | undefined> {
    if (!call.rpc.header.get('x-project-id')) return undefined;
    const project = await this.ownProject(person, projectIdHeader(call));
    if (!project) throw projectNotAccessible();
    return project;
  }

  private async ownProject({ identityId }: PersonCaller, id: string): Promise<Project | undefined> {
    const project = isUuid(id) ? await this.projects.find(id) : undefined;
    return project && (await this.memberships.find(project.orgId, identityId)) && project;
  }

  private async onlyOne({ identityId, ssoOrgId }: PersonCaller): Promise<string | undefined> {
    const [first, second] = ssoOrgId ? [ssoOrgId] : await this.memberships.firstTwo(identityId);
    return second ? undefined : first;
  }
}

/** Empty where the request leaves it out. */
function valueOf(request: Message, schema: DescMessage, name: 'id' | 'org_id'): string {
  const field = schema.fields.find((candidate) => candidate.name === name);
  if (!field) throw new Error(`${schema.typeName} has no ${name}.`);
  // The field is a string by the contract; a generated message has no index signature.
  return (request as Message & Record<string, string | undefined>)[field.localName] ?? '';
}
