import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { ProjectKeyRow } from './project.js';

const columns = `org_id as "orgId", project_id as "projectId", id, name, family, key_hash as "keyHash",
          sealed_key as "sealedKey", last_four as "lastFour", created_by as "createdBy", created_at as "createdAt",
          revoked_at as "revokedAt", last_used_at as "lastUsedAt"`;

const countLive = statement(
  'project_key.count_live',
  `select count(*)::integer as live from project_key where org_id = $1 and project_id = $2 and revoked_at is null`,
);
const list = statement(
  'project_key.list',
  `select ${columns} from project_key where org_id = $1 and project_id = $2 and revoked_at is null
    order by created_at desc, id desc`,
);
const findForUpdate = statement(
  'project_key.find_for_update',
  `select ${columns} from project_key where org_id = $1 and project_id = $2 and id = $3 for update`,
);
const insert = statement(
  'project_key.insert',
  `insert into project_key (org_id, project_id, id, name, family, key_hash, sealed_key, last_four, created_by,
                            created_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);
const revoke = statement(
  'project_key.revoke',
  `update project_key set revoked_at = $3, sealed_key = null where org_id = $1 and id = $2`,
);

@Injectable()
export class ProjectKeyStore {
  /** How many keys of the project are in use; exact while the caller holds the project's row. */
  async countLive(scope: Scope, projectId: string): Promise<number> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ live: number }>(countLive, [scope.orgId, projectId]);
    return row?.live ?? 0;
  }

  /** Keys that are not revoked, newest first. */
  async list(scope: Scope, projectId: string): Promise<ProjectKeyRow[]> {
    const tx = await scope.tx();
    return tx.query<ProjectKeyRow>(list, [scope.orgId, projectId]);
  }

  /** Locks the row until the transaction ends. */
  async findForUpdate(scope: Scope, projectId: string, id: string): Promise<ProjectKeyRow | undefined> {
    const tx = await scope.tx();
    return tx.queryOne<ProjectKeyRow>(findForUpdate, [scope.orgId, projectId, id]);
  }

  async insert(scope: Scope, key: ProjectKeyRow): Promise<void> {
    const tx = await scope.tx();
    const { projectId, id, name, family, keyHash, sealedKey, lastFour, createdBy, createdAt } = key;
    await tx.execute(insert, [
      scope.orgId,
      projectId,
      id,
      name,
      family,
      keyHash,
      sealedKey,
      lastFour,
      createdBy,
      createdAt,
    ]);
  }

  async revoke(scope: Scope, id: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(revoke, [scope.orgId, id, scope.now()]);
  }
}
