import { Injectable } from '@nestjs/common';
import { Database } from '../database/index.js';
import { CredentialCache } from './credential-cache.js';
import { findProject, type Project } from './project.js';
import { RevocationFeed } from './revocation-feed.js';

/** Finds the project that a call names, and with it the organization. */
@Injectable()
export class ProjectDirectory {
  private readonly cache: CredentialCache<Project>;

  constructor(
    private readonly database: Database,
    feed: RevocationFeed,
  ) {
    this.cache = new CredentialCache(feed, subjectsOfProject);
  }

  /** What `find` would answer without a look into the database. */
  recall(id: string): Project | undefined {
    return this.cache.recall(id);
  }

  /** `id` is a UUID in lower case. */
  find(id: string): Promise<Project | undefined> {
    return this.cache.get(id, () =>
      this.database.transaction({ lookup: { kind: 'project', key: id }, readOnly: true }, (tx) =>
        findProject(tx, id),
      ),
    );
  }
}

/** A change of a project announces the first, the end of an organization the second. */
export function subjectsOfProject({ id, orgId }: Project): string[] {
  return [`project:${id}`, `organization:${orgId}`];
}
