import { Inject, Injectable } from '@nestjs/common';
import { type Envelope, generateProjectKey, type ProjectKeyFamily } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { Permission } from '../../../platform/access/index.js';
import { notFound } from '../../../platform/errors/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import type { Scope } from '../../../platform/scope/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import type { ProjectKeyRow } from './project.js';
import { refuseKeyOverLimit } from './project.rules.js';
import { Projects } from './project.service.js';
import { ProjectKeyStore } from './project-key.store.js';

export interface NewProjectKey {
  projectId: string;
  family: ProjectKeyFamily;
  name: string;
}

/** A key as its project lists it. */
export interface ListedProjectKey {
  projectKey: ProjectKeyRow;
  /** The key itself, of the family `public` only: it stands in public pages. */
  key?: string;
}

@Injectable()
export class ProjectKeys {
  constructor(
    private readonly projects: Projects,
    private readonly store: ProjectKeyStore,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
  ) {}

  /** The new key; one that is not public cannot be had again. */
  async create(
    scope: Scope,
    { projectId, family, name }: NewProjectKey,
  ): Promise<Required<ListedProjectKey>> {
    // Two calls at once wait for each other here, so that they cannot both take the last place.
    const project = await this.projects.getForUpdate(scope, projectId);
    if (family === 'shared' || family === 'private') {
      // A caller grants no more than it has, and a stolen token must not leave behind a key that reads.
      scope.require(Permission.ANALYTICS_READ);
      scope.requireRecentProof();
    }
    const refusal = refuseKeyOverLimit(await this.store.countLive(scope, project.id));
    if (refusal) throw refusal;
    const { secret, hash, lastFour } = generateProjectKey(family);
    const id = uuid();
    const sealedKey = family === 'public' ? this.envelope.seal(secret, sealContext(scope.orgId, id)) : null;
    const projectKey: ProjectKeyRow = {
      orgId: scope.orgId,
      projectId: project.id,
      id,
      name,
      family,
      keyHash: hash,
      sealedKey,
      lastFour,
      createdBy: scope.actorId || null,
      createdAt: scope.now(),
      revokedAt: null,
      lastUsedAt: null,
    };
    await this.store.insert(scope, projectKey);
    await scope.audit('PROJECT_KEY_CREATED', {
      entityType: 'project_key',
      entityId: id,
      metadata: { project_id: project.id, name, family },
    });
    return { projectKey, key: secret };
  }

  /** Keys that are not revoked, newest first. */
  async list(scope: Scope, projectId: string): Promise<ListedProjectKey[]> {
    const project = await this.projects.get(scope, projectId);
    const keys = await this.store.list(scope, project.id);
    return keys.map((projectKey) => ({ projectKey, key: this.opened(projectKey) }));
  }

  /** Revoking again changes nothing and is no error: a client may repeat a call whose answer it missed. */
  async revoke(scope: Scope, projectId: string, id: string): Promise<void> {
    const key = await this.store.findForUpdate(scope, projectId.toLowerCase(), id.toLowerCase());
    if (!key) throw notFound('project key');
    if (key.revokedAt) return;
    await this.store.revoke(scope, key.id);
    await scope.announceRevocation(`project_key:${key.id}`);
    await scope.audit('PROJECT_KEY_REVOKED', {
      entityType: 'project_key',
      entityId: key.id,
      metadata: { project_id: key.projectId, name: key.name, family: key.family },
    });
  }

  private opened({ orgId, id, sealedKey }: ProjectKeyRow): string | undefined {
    return sealedKey ? this.envelope.open(sealedKey, sealContext(orgId, id)).toString() : undefined;
  }
}

const sealContext = sealedColumn(
  { table: 'project_key', column: 'sealed_key', places: ['org_id', 'id'] },
  (orgId, id) => `project_key.sealed_key/${orgId}/${id}`,
);
