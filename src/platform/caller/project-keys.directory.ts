import { Injectable } from '@nestjs/common';
import { fingerprintOf, hashSecret, isProjectKey, type ProjectKeyFamily } from '@dovecote/secret';
import { Clock } from '../clock/clock.js';
import { Database, statement } from '../database/index.js';
import type { ProjectKeyCaller } from './caller.js';
import { CredentialCache } from './credential-cache.js';
import { findOrganizationState, type OrganizationState } from './organization-state.js';
import { findProject, type Project } from './project.js';
import { subjectsOfProject } from './projects.directory.js';
import { RevocationFeed } from './revocation-feed.js';
import { UsageRecorder } from './usage-recorder.js';

interface ProjectKeyRow {
  orgId: string;
  projectId: string;
  id: string;
  family: ProjectKeyFamily;
}

export interface KnownProjectKey {
  caller: ProjectKeyCaller;
  project: Project;
  organization: OrganizationState;
}

const accessOf: Readonly<Record<ProjectKeyFamily, ProjectKeyCaller['access']>> = {
  sdk: 'write',
  public: 'write',
  shared: 'read',
  private: 'both',
};

const findByHash = statement(
  'project_key.find_by_hash',
  `select org_id as "orgId", project_id as "projectId", id, family from project_key
    where key_hash = $1 and revoked_at is null`,
);

/** Finds the caller behind a presented key of a project. */
@Injectable()
export class ProjectKeyDirectory {
  private readonly cache: CredentialCache<KnownProjectKey>;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly usage: UsageRecorder,
    feed: RevocationFeed,
  ) {
    this.cache = new CredentialCache(feed, ({ caller, project }) => [
      `project_key:${caller.keyId}`,
      ...subjectsOfProject(project),
    ]);
  }

  /** The key, if it exists and is not revoked. */
  async find(key: string): Promise<KnownProjectKey | undefined> {
    if (!isProjectKey(key)) return undefined;
    return this.used(await this.cache.get(fingerprintOf(key), () => this.load(hashSecret(key))));
  }

  /** What `find` would answer without a look into the database. */
  recall(key: string): KnownProjectKey | undefined {
    return this.used(this.cache.recall(fingerprintOf(key)));
  }

  private used(known: KnownProjectKey | undefined): KnownProjectKey | undefined {
    if (known) this.usage.projectKeyUsed(known.caller.orgId, known.caller.keyId, this.clock.now());
    return known;
  }

  private async load(hash: Buffer): Promise<KnownProjectKey | undefined> {
    const row = await this.database.transaction({ apiKeyHash: hash, readOnly: true }, (tx) =>
      tx.queryOne<ProjectKeyRow>(findByHash, [hash]),
    );
    if (!row) return undefined;
    const { orgId, projectId, id: keyId, family } = row;
    const [project, organization] = await this.database.transaction({ orgId, readOnly: true }, (tx) =>
      Promise.all([findProject(tx, projectId), findOrganizationState(tx, orgId)]),
    );
    if (!project || !organization) return undefined;
    const of = { orgId, projectId, projectNumber: project.number, keyId };
    return { caller: { kind: 'project_key', ...of, access: accessOf[family] }, project, organization };
  }
}
