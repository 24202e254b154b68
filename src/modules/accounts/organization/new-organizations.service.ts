import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import { ProjectKeys, Projects } from '../../analytics/project/index.js';
import { Organizations } from '../../people/organization/index.js';
import type { OwnOrganization } from './own-organizations.service.js';

export interface NewOrganization {
  name: string;
  /** Zone of its first project; undefined for UTC. */
  zone?: string;
  /** Whether the project begins with a public key. */
  withPublicKey: boolean;
}

/** The name of the first project, and of its key. */
const firstName = 'default';

/** Creates organizations for analytics: each begins with a project. */
@Injectable()
export class NewOrganizations {
  constructor(
    private readonly organizations: Organizations,
    private readonly projects: Projects,
    private readonly keys: ProjectKeys,
  ) {}

  /** The person who calls becomes its super admin. */
  async create(
    scope: Scope,
    { name, zone, withPublicKey }: NewOrganization,
  ): Promise<OwnOrganization & { projectId: string }> {
    const { organization } = await this.organizations.create(scope, { name });
    const { id: projectId } = await this.projects.create(scope, { name: firstName, zone });
    if (withPublicKey) await this.keys.create(scope, { projectId, family: 'public', name: firstName });
    const { id, createdAt } = organization;
    return { id, name: organization.name, role: 'admin', createdAt, updatedAt: createdAt, projectId };
  }
}
