import { Inject, Injectable } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { refuseEntry } from '../../../platform/caller/organization-entry.rules.js';
import { findOrganizationState } from '../../../platform/caller/organization-state.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import type { Scope } from '../../../platform/scope/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import { PrivacySettings } from '../../people/organization/index.js';
import type { OrganizationWebhook, OrganizationWebhookChange, PostTarget } from './organization-webhook.js';
import { isRemoval, refuseOtherOrganization, refuseWebhook } from './organization-webhook.rules.js';
import { OrganizationWebhookStore } from './organization-webhook.store.js';

/** Why nothing is posted. */
export type PostObstacle = 'channels_off' | 'channel_not_set_up' | 'organization_closed';

/** The webhook of an organization: at most one, with a secret that the organization has chosen itself. */
@Injectable()
export class OrganizationWebhooks {
  constructor(
    private readonly store: OrganizationWebhookStore,
    private readonly privacy: PrivacySettings,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Undefined: the organization has no webhook. */
  async find(scope: Scope, orgId: string): Promise<OrganizationWebhook | undefined> {
    const refusal = refuseOtherOrganization(orgId, scope.orgId);
    if (refusal) throw refusal;
    return this.store.find(scope);
  }

  /** Undefined: it was removed. */
  async set(
    scope: Scope,
    orgId: string,
    change: OrganizationWebhookChange,
  ): Promise<OrganizationWebhook | undefined> {
    const refusal =
      refuseOtherOrganization(orgId, scope.orgId) ?? refuseWebhook(change, this.config.outbound.allowedHosts);
    if (refusal) throw refusal;
    if (isRemoval(change)) return void (await this.remove(scope));
    const { url, enabled, secret } = change;
    const sealedSecret = secret === undefined ? null : this.envelope.seal(secret, sealContext(scope.orgId));
    const webhook = await this.store.set(scope, { url, enabled, sealedSecret });
    await scope.audit('ORG_WEBHOOK_SET', {
      entityType: 'organization',
      entityId: scope.orgId,
      // The path and the query of the URL may be secrets.
      metadata: {
        host: new URL(url).host,
        enabled: String(enabled),
        secret: secret === undefined ? 'kept' : 'set',
      },
    });
    return webhook;
  }

  /** Where posts go at this moment; or why nothing is posted. */
  async target(scope: Scope): Promise<PostTarget | PostObstacle> {
    const organization = await findOrganizationState(await scope.tx(), scope.orgId);
    if (!organization || refuseEntry(organization, scope.now())) return 'organization_closed';
    if (!(await this.privacy.isEnabled(scope, 'third_party_channels'))) return 'channels_off';
    const webhook = await this.store.find(scope);
    if (!webhook?.enabled || webhook.sealedSecret === null) return 'channel_not_set_up';
    return {
      url: webhook.url,
      secret: this.envelope.open(webhook.sealedSecret, sealContext(scope.orgId)),
    };
  }

  private async remove(scope: Scope): Promise<void> {
    if (!(await this.store.delete(scope))) return;
    await scope.audit('ORG_WEBHOOK_REMOVED', { entityType: 'organization', entityId: scope.orgId });
  }
}

const sealContext = sealedColumn(
  { table: 'organization_webhook', column: 'sealed_secret', places: ['org_id'] },
  (orgId) => `organization_webhook.sealed_secret/${orgId}`,
);
