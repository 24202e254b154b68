import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { WebhookSecret } from './webhook.js';
import { WebhookSecretStore } from './webhook-secret.store.js';

const PREFIX = 'whsec_';
const BYTES = 32;
const HOUR_MS = 3_600_000;

/** What signs the webhook calls of an organization: nothing until the first secret is made, two for a while after a rotation. */
@Injectable()
export class WebhookSecrets {
  constructor(
    private readonly store: WebhookSecretStore,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
  ) {}

  list(scope: Scope): Promise<WebhookSecret[]> {
    return this.store.list(scope);
  }

  /** The one before signs for so many hours more. */
  async rotate(scope: Scope, overlapHours: number): Promise<{ secret: WebhookSecret; value: string }> {
    const id = uuid();
    const bytes = randomBytes(BYTES);
    const value = `${PREFIX}${bytes.toString('base64')}`;
    const hint = value.slice(-4);
    await this.store.lock(scope);
    const sealedValue = this.envelope.seal(bytes, secretContext(scope.orgId, id));
    const until = new Date(scope.now().getTime() + overlapHours * HOUR_MS);
    await this.store.replace(scope, { id, sealedValue, hint }, until);
    await scope.audit('WEBHOOK_SECRET_ROTATED', {
      entityType: 'webhook_secret',
      entityId: id,
      metadata: { overlap_hours: String(overlapHours) },
    });
    return { secret: { id, hint, createdAt: scope.now(), expiresAt: null }, value };
  }

  /** The bytes of the secrets that sign now, newest first. */
  async keys(scope: Scope): Promise<Buffer[]> {
    const sealed = await this.store.valid(scope);
    return sealed.map(({ id, sealedValue }) =>
      this.envelope.open(sealedValue, secretContext(scope.orgId, id)),
    );
  }
}

const secretContext = sealedColumn(
  { table: 'webhook_secret', column: 'sealed_value', places: ['org_id', 'id'] },
  (orgId, id) => `webhook_secret.sealed_value/${orgId}/${id}`,
);
