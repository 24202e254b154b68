import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

export interface StoredSpKey {
  connectionId: string;
  id: string;
  status: 'current' | 'next';
  /** In PEM. */
  certificate: string;
  sealedPrivateKey: Buffer;
  createdAt: Date;
}

const columns = `connection_id as "connectionId", id, status, certificate, sealed_private_key as "sealedPrivateKey",
  created_at as "createdAt"`;

const list = statement(
  'sso_sp_key.list',
  `select ${columns} from sso_sp_key where org_id = $1 and connection_id = any ($2::uuid[])
    order by connection_id, status, id`,
);
const insert = statement(
  'sso_sp_key.insert',
  `insert into sso_sp_key (org_id, connection_id, id, status, certificate, sealed_private_key, created_at)
   values ($1, $2, $3, $4, $5, $6, $7)`,
);
const retire = statement(
  'sso_sp_key.retire_current',
  `delete from sso_sp_key where org_id = $1 and connection_id = $2 and status = 'current'`,
);
const promote = statement(
  'sso_sp_key.promote_next',
  `update sso_sp_key set status = 'current' where org_id = $1 and connection_id = $2 and status = 'next'`,
);

@Injectable()
export class SpKeyStore {
  /** The current key of each connection, and then the next. */
  async list(scope: Scope, connectionIds: readonly string[]): Promise<StoredSpKey[]> {
    return (await scope.tx()).query<StoredSpKey>(list, [scope.orgId, connectionIds]);
  }

  async insert(scope: Scope, key: StoredSpKey): Promise<void> {
    const { connectionId, id, status, certificate, sealedPrivateKey, createdAt } = key;
    const values = [scope.orgId, connectionId, id, status, certificate, sealedPrivateKey, createdAt];
    await (await scope.tx()).execute(insert, values);
  }

  /** Replaces the current key, which is deleted, by the next one. */
  async promote(scope: Scope, connectionId: string): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(retire, [scope.orgId, connectionId]);
    await tx.execute(promote, [scope.orgId, connectionId]);
  }
}
