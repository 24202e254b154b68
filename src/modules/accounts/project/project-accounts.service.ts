import { Injectable } from '@nestjs/common';
import type { ProjectKeyFamily } from '@dovecote/secret';
import { Permission } from '../../../platform/access/index.js';
import type { AppError } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import {
  type ListedProjectKey,
  ProjectKeys,
  type ProjectRow,
  Projects,
  PushAccounts,
} from '../../analytics/project/index.js';
import { keyNotFound, oldestFirst, refuseNameless, refuseZone } from './project.rules.js';

/** A project, and its account for push messages without the private key; empty for none. */
export interface ShownProject {
  project: ProjectRow;
  pushAccount: string;
}

/** What a contract calls the field of the zone. */
interface ZoneField {
  zoneField: 'timezone' | 'reporting_timezone';
}

export interface ProjectChange extends ZoneField {
  /** Undefined stays. */
  name?: string;
  zone?: string;
}

/** Projects and keys for the two public contracts, each of which has two of the four families of keys. */
@Injectable()
export class ProjectAccounts {
  constructor(
    private readonly projects: Projects,
    private readonly keys: ProjectKeys,
    private readonly pushAccounts: PushAccounts,
  ) {}

  /** Oldest first. */
  async list(scope: Scope): Promise<ProjectRow[]> {
    return oldestFirst(await this.projects.list(scope));
  }

  /** The same, as the shipped contract has them. */
  async listShown(scope: Scope): Promise<ShownProject[]> {
    const [projects, accounts] = await Promise.all([this.list(scope), this.pushAccounts.allShown(scope)]);
    return projects.map((project) => ({ project, pushAccount: accounts.get(project.id) ?? '' }));
  }

  /** The project of the call. */
  get(scope: Scope): Promise<ProjectRow> {
    return this.projects.get(scope, scope.project.id);
  }

  async getShown(scope: Scope): Promise<ShownProject> {
    const project = await this.get(scope);
    return { project, pushAccount: await this.pushAccounts.shown(scope, project.id) };
  }

  /** A project without keys. */
  async create(scope: Scope, { name, zone }: { name: string; zone: string }): Promise<ProjectRow> {
    scope.require(Permission.ANALYTICS_WRITE);
    const known = await this.projects.findZone(scope, zone);
    refuse(refuseZone(zone, known, 'timezone'));
    return this.projects.create(scope, { name, zone: known });
  }

  /** A project with a public key. The zone is what a browser says, which may know others: an unknown one is UTC. */
  async createWithKey(scope: Scope, { name, zone }: { name: string; zone: string }): Promise<ShownProject> {
    scope.require(Permission.ANALYTICS_WRITE);
    refuse(refuseNameless(name));
    const project = await this.projects.create(scope, {
      name,
      zone: await this.projects.findZone(scope, zone),
    });
    await this.keys.create(scope, { projectId: project.id, family: 'public', name: 'Default' });
    return { project, pushAccount: '' };
  }

  async update(scope: Scope, { name, zone, zoneField }: ProjectChange): Promise<ProjectRow> {
    scope.require(Permission.ANALYTICS_WRITE);
    const known = zone === undefined ? undefined : await this.projects.findZone(scope, zone);
    if (zone !== undefined) refuse(refuseZone(zone, known, zoneField));
    const change = { ...(name !== undefined && { name }), ...(known !== undefined && { zone: known }) };
    return this.projects.update(scope, scope.project.id, change);
  }

  async updateShown(scope: Scope, change: ProjectChange): Promise<ShownProject> {
    const project = await this.update(scope, change);
    return { project, pushAccount: await this.pushAccounts.shown(scope, project.id) };
  }

  async setPushAccount(scope: Scope, keyFile: string): Promise<void> {
    scope.require(Permission.ANALYTICS_WRITE);
    await this.pushAccounts.set(scope, scope.project.id, keyFile);
  }

  async delete(scope: Scope): Promise<void> {
    scope.require(Permission.ANALYTICS_WRITE);
    await this.projects.delete(scope, scope.project.id);
  }

  /** Keys of the families that are not revoked, oldest first. */
  async listKeys(scope: Scope, families: readonly ProjectKeyFamily[]): Promise<ListedProjectKey[]> {
    const listed = await this.keys.list(scope, scope.project.id);
    return listed.filter(({ projectKey }) => families.includes(projectKey.family)).toReversed();
  }

  createKey(
    scope: Scope,
    { family, name }: { family: ProjectKeyFamily; name: string },
  ): Promise<Required<ListedProjectKey>> {
    scope.require(Permission.ANALYTICS_WRITE);
    return this.keys.create(scope, { projectId: scope.project.id, family, name });
  }

  /** A key that is revoked is no key of the project any more. */
  async revokeKey(scope: Scope, id: string, families: readonly ProjectKeyFamily[]): Promise<void> {
    scope.require(Permission.ANALYTICS_WRITE);
    const keys = await this.listKeys(scope, families);
    const found = keys.find(({ projectKey }) => projectKey.id === id.toLowerCase());
    if (!found) throw keyNotFound();
    await this.keys.revoke(scope, scope.project.id, found.projectKey.id);
  }
}

function refuse(refusal: AppError | undefined): void {
  if (refusal) throw refusal;
}
