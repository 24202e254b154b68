import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { KeyState } from './token.rules.js';

export interface DeeplinkKey extends KeyState {
  version: number;
  /** Null once it is retired. */
  sealedKey: Buffer | null;
}

const columns = `version, sealed_key as "sealedKey", created_at as "createdAt", replaced_at as "replacedAt"`;

const newest = statement(
  'deeplink_key.newest',
  `select ${columns} from deeplink_key where org_id = $1 order by version desc limit 1`,
);
const find = statement(
  'deeplink_key.find',
  `select ${columns} from deeplink_key where org_id = $1 and version = $2`,
);
const insert = statement(
  'deeplink_key.insert',
  `insert into deeplink_key (org_id, version, sealed_key, created_at) values ($1, $2, $3, $4)
   on conflict do nothing`,
);
const replace = statement(
  'deeplink_key.replace',
  `update deeplink_key set replaced_at = $3 where org_id = $1 and version < $2 and replaced_at is null`,
);
const forget = statement(
  'deeplink_key.forget',
  `update deeplink_key set sealed_key = null
    where org_id = $1 and sealed_key is not null and replaced_at <= $2`,
);
const audience = statement(
  'deeplink_key.audience',
  `select exists (select from campaign_audience_member a
                   where a.org_id = c.org_id and a.campaign_id = c.id and a.user_id = $3) as "hasRecipient"
     from campaign c where c.org_id = $1 and c.id = $2`,
);

@Injectable()
export class DeeplinkStore {
  async newest(scope: Scope): Promise<DeeplinkKey | undefined> {
    return (await scope.tx()).queryOne<DeeplinkKey>(newest, [scope.orgId]);
  }

  async find(scope: Scope, version: number): Promise<DeeplinkKey | undefined> {
    return (await scope.tx()).queryOne<DeeplinkKey>(find, [scope.orgId, version]);
  }

  /** Returns false when another process has created this version; then that key is used. */
  async insert(scope: Scope, version: number, sealedKey: Buffer): Promise<boolean> {
    const tx = await scope.tx();
    const { rowCount } = await tx.execute(insert, [scope.orgId, version, sealedKey, scope.now()]);
    if (rowCount !== 1) return false;
    await tx.execute(replace, [scope.orgId, version, scope.now()]);
    return true;
  }

  /** The keys that were replaced by then. */
  async forget(scope: Scope, replacedBy: Date): Promise<void> {
    await (await scope.tx()).execute(forget, [scope.orgId, replacedBy]);
  }

  /** Undefined: no such campaign. */
  async hasRecipient(scope: Scope, campaignId: string, userId: string): Promise<boolean | undefined> {
    const tx = await scope.tx();
    const row = await tx.queryOne<{ hasRecipient: boolean }>(audience, [scope.orgId, campaignId, userId]);
    return row?.hasRecipient;
  }
}
