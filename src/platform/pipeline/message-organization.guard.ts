import type { DescMessage, Message } from '@bufbuild/protobuf';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import type { PersonCaller } from '../caller/caller.js';
import { MembershipDirectory } from '../caller/memberships.directory.js';
import { ProjectDirectory } from '../caller/projects.directory.js';
import { invalidArgument } from '../errors/index.js';
import { AccessGuard } from './access.guard.js';
import { type Call, callOf } from './call.js';
import { orgIdHeader } from './org-id-header.js';
import { notAMember, OrganizationGuard } from './organization.guard.js';
import { OrganizationThrottleGuard } from './organization-throttle.guard.js';
import { projectIdHeader, projectNotAccessible } from './project-id-header.js';

/**
 * Enters the organization that the request names, where the access table says so. Admission could not: it knows the header
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
    const { caller } = call;
    if (call.access.organization !== 'of_message' || caller.kind !== 'person') return true;
    return this.enter(call, caller, namedIn(context.getArgByIndex<Message>(0), call.rpc.method.input));
  }

  private async enter(call: Call, person: PersonCaller, named: string): Promise<true> {
    const ofProject = await this.ofProject(call, person);
    const orgId = named || ofProject || orgIdHeader(call) || (await this.onlyOne(person));
    if (!orgId) throw invalidArgument([{ field: 'org_id', description: 'value is required' }]);
    if (!isUuid(orgId)) throw notAMember();
    await this.organizations.enterNamed(call, person, orgId.toLowerCase());
    await this.throttle.admit(call);
    this.access.admit(call);
    return true;
  }

  /** A project need not be named; one that is must be the caller's. */
  private async ofProject(call: Call, person: PersonCaller): Promise<string | undefined> {
    if (!call.rpc.header.get('x-project-id')) return undefined;
    const project = await this.projects.find(projectIdHeader(call));
    if (!project || !(await this.memberships.find(project.orgId, person.identityId)))
      throw projectNotAccessible();
    return project.orgId;
  }

  private async onlyOne({ identityId, ssoOrgId }: PersonCaller): Promise<string | undefined> {
    const [first, second] = ssoOrgId ? [ssoOrgId] : await this.memberships.firstTwo(identityId);
    return second ? undefined : first;
  }
}

/** Empty where the request leaves it out. */
function namedIn(request: Message, schema: DescMessage): string {
  const field = schema.fields.find(({ name }) => name === 'org_id');
  if (!field) throw new Error(`${schema.typeName} names no organization.`);
  // The field is a string by the contract; a generated message has no index signature.
  return (request as Message & Record<string, string | undefined>)[field.localName] ?? '';
}
