import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

/** An account as it is stored: what may be shown of it, and all of it sealed. */
export interface PushAccountRow {
  readonly projectId: string;
  readonly shown: string;
  readonly sealedAccount: Buffer;
}

const list = statement(
  'project_push_account.list',
  'select project_id as "projectId", shown from project_push_account where org_id = $1',
);
const find = statement(
  'project_push_account.find',
  'select shown from project_push_account where org_id = $1 and project_id = $2',
);
const upsert = statement(
  'project_push_account.upsert',
  `insert into project_push_account (org_id, project_id, shown, sealed_account, updated_by, updated_at)
   values ($1, $2, $3, $4, $5, $6)
   on conflict (org_id, project_id) do update
     set shown = excluded.shown, sealed_account = excluded.sealed_account, updated_by = excluded.updated_by,
         updated_at = excluded.updated_at`,
);
const remove = statement(
  'project_push_account.delete',
  'delete from project_push_account where org_id = $1 and project_id = $2 returning project_id',
);

@Injectable()
export class PushAccountStore {
  /** What may be shown, of every project of the organization that has an account. */
  async list(scope: Scope): Promise<Pick<PushAccountRow, 'projectId' | 'shown'>[]> {
    return (await scope.tx()).query(list, [scope.orgId]);
  }

  async find(scope: Scope, projectId: string): Promise<Pick<PushAccountRow, 'shown'> | undefined> {
    return (await scope.tx()).queryOne(find, [scope.orgId, projectId]);
  }

  async upsert(scope: Scope, { projectId, shown, sealedAccount }: PushAccountRow): Promise<void> {
    const tx = await scope.tx();
    const author = scope.actorId || null;
    await tx.execute(upsert, [scope.orgId, projectId, shown, sealedAccount, author, scope.now()]);
  }

  /** Returns false when the project had no account. */
  async delete(scope: Scope, projectId: string): Promise<boolean> {
    return (await (await scope.tx()).queryOne(remove, [scope.orgId, projectId])) !== undefined;
  }
}
