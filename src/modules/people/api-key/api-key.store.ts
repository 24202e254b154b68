import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { ApiKeyEntity } from './api-key.entity.js';

const lock = statement('api_key.lock', `select pg_advisory_xact_lock(hashtextextended('api_key/' || $1, 0))`);
const countLive = statement(
  'api_key.count_live',
  `select count(*)::integer as live from api_key
    where org_id = $1 and revoked_at is null and (expires_at is null or expires_at > $2)`,
);
// A key may have been made by another one.
const behind = statement(
  'api_key.behind',
  `with recursive behind as (
     select given.id from unnest($2::uuid[]) as given (id)
      union
     select k.created_by from behind b join api_key k on k.org_id = $1 and k.id = b.id
      where k.created_by is not null)
   select id from behind`,
);

@Injectable()
export class ApiKeyStore {
  /** How many keys are in use. Held until the transaction ends: two calls at once cannot both take the last place. */
  async countLiveForInsert(scope: Scope): Promise<number> {
    const tx = await scope.tx();
    await tx.execute(lock, [scope.orgId]);
    const row = await tx.queryOne<{ live: number }>(countLive, [scope.orgId, scope.now()]);
    return row?.live ?? 0;
  }

  /** Newest first. */
  async list(scope: Scope, keyType: number | undefined): Promise<ApiKeyEntity[]> {
    const { entities } = await scope.tx();
    return entities.find(ApiKeyEntity, {
      where: { orgId: scope.orgId, revokedAt: IsNull(), ...(keyType === undefined ? {} : { keyType }) },
      order: { createdAt: 'DESC', id: 'DESC' },
    });
  }

  async find(scope: Scope, id: string): Promise<ApiKeyEntity | null> {
    const { entities } = await scope.tx();
    return entities.findOneBy(ApiKeyEntity, { orgId: scope.orgId, id });
  }

  async findForUpdate(scope: Scope, id: string): Promise<ApiKeyEntity | null> {
    const { entities } = await scope.tx();
    return entities.findOne(ApiKeyEntity, {
      where: { orgId: scope.orgId, id },
      lock: { mode: 'pessimistic_write' },
    });
  }

  /** The given ids, and those of the members and keys that made the keys among them. */
  async behind(scope: Scope, ids: readonly string[]): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(behind, [scope.orgId, ids]);
    return rows.map(({ id }) => id);
  }

  async insert(scope: Scope, key: ApiKeyEntity): Promise<void> {
    const { entities } = await scope.tx();
    await entities.insert(ApiKeyEntity, key);
  }

  async revoke(scope: Scope, id: string): Promise<void> {
    const { entities } = await scope.tx();
    await entities.update(ApiKeyEntity, { orgId: scope.orgId, id }, { revokedAt: scope.now() });
  }
}
