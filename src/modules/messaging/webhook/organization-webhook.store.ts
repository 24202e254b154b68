import { Injectable } from '@nestjs/common';
import { readStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { OrganizationWebhook } from './organization-webhook.js';

/** The webhook, and the secret that signs its posts; null without a secret. */
export interface SealedWebhook extends OrganizationWebhook {
  readonly sealedSecret: Buffer | null;
}

const columns = `url, enabled, sealed_secret as "sealedSecret", sealed_secret is not null as "hasSecret",
  created_at as "createdAt", updated_at as "updatedAt"`;

const find = readStatement(
  'organization_webhook.find',
  `select ${columns} from organization_webhook where org_id = $1`,
);
const set = statement(
  'organization_webhook.set',
  `insert into organization_webhook (org_id, url, enabled, sealed_secret, created_at, updated_at)
   values ($1, $2, $3, $4, $5, $5)
   on conflict (org_id) do update
      set url = excluded.url, enabled = excluded.enabled, updated_at = excluded.updated_at,
          sealed_secret = coalesce(excluded.sealed_secret, organization_webhook.sealed_secret)
   returning ${columns}`,
);
const remove = statement(
  'organization_webhook.delete',
  'delete from organization_webhook where org_id = $1 returning org_id',
);

@Injectable()
export class OrganizationWebhookStore {
  async find(scope: Scope): Promise<SealedWebhook | undefined> {
    return (await scope.tx()).queryOne<SealedWebhook>(find, [scope.orgId]);
  }

  /** Without a secret the one that there is stays. */
  async set(
    scope: Scope,
    { url, enabled, sealedSecret }: Pick<SealedWebhook, 'url' | 'enabled' | 'sealedSecret'>,
  ): Promise<OrganizationWebhook | undefined> {
    const values = [scope.orgId, url, enabled, sealedSecret, scope.now()];
    return (await scope.tx()).queryOne<SealedWebhook>(set, values);
  }

  /** False when the organization had no webhook. */
  async delete(scope: Scope): Promise<boolean> {
    return (await (await scope.tx()).queryOne(remove, [scope.orgId])) !== undefined;
  }
}
