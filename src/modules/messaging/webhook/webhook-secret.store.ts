import { Injectable } from '@nestjs/common';
import { readStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { WebhookSecret } from './webhook.js';

export interface SealedSecret {
  readonly id: string;
  readonly sealedValue: Buffer;
}

const lock = statement(
  'webhook_secret.lock',
  `select pg_advisory_xact_lock(hashtextextended('webhook_secret/' || $1, 0))`,
);
const list = readStatement(
  'webhook_secret.list',
  `select id, hint, created_at as "createdAt", expires_at as "expiresAt" from webhook_secret
    where org_id = $1 and (expires_at is null or expires_at > $2) order by created_at desc, id desc`,
);
const valid = readStatement(
  'webhook_secret.valid',
  `select id, sealed_value as "sealedValue" from webhook_secret
    where org_id = $1 and (expires_at is null or expires_at > $2) order by created_at desc, id desc`,
);
const removeOld = statement(
  'webhook_secret.remove_old',
  'delete from webhook_secret where org_id = $1 and expires_at is not null',
);
const expire = statement(
  'webhook_secret.expire',
  'update webhook_secret set expires_at = $2 where org_id = $1 and expires_at is null',
);
const insert = statement(
  'webhook_secret.insert',
  'insert into webhook_secret (org_id, id, sealed_value, hint, created_at) values ($1, $2, $3, $4, $5)',
);

@Injectable()
export class WebhookSecretStore {
  /** Until the transaction ends; rotations take turns. */
  async lock(scope: Scope): Promise<void> {
    await (await scope.tx()).execute(lock, [scope.orgId]);
  }

  /** Newest first, at most two. */
  async list(scope: Scope): Promise<WebhookSecret[]> {
    return (await scope.tx()).query<WebhookSecret>(list, [scope.orgId, scope.now()]);
  }

  /** Newest first, at most two. */
  async valid(scope: Scope): Promise<SealedSecret[]> {
    return (await scope.tx()).query<SealedSecret>(valid, [scope.orgId, scope.now()]);
  }

  /** Takes the place of the newest, which signs until `until`. */
  async replace(scope: Scope, secret: SealedSecret & { readonly hint: string }, until: Date): Promise<void> {
    const tx = await scope.tx();
    // A third one would never stop: each rotation would add a signature.
    await tx.execute(removeOld, [scope.orgId]);
    await tx.execute(expire, [scope.orgId, until]);
    await tx.execute(insert, [scope.orgId, secret.id, secret.sealedValue, secret.hint, scope.now()]);
  }
}
