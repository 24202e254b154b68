import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type GetOrgWebhookConfigRequest,
  type GetOrgWebhookConfigResponseSchema,
  IntegrationsService,
  type SetOrgWebhookConfigRequest,
  type SetOrgWebhookConfigResponseSchema,
} from '@dovecote/contract/pidgr/v1/integrations_service_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { OrganizationWebhooks } from './organization-webhooks.service.js';
import { fromOrganizationWebhook } from './webhook.mapper.js';

/** The RPCs of the service that this release has; src/modules/analytics/upcoming answers the others. */
@Controller()
export class IntegrationsRpc {
  constructor(private readonly webhooks: OrganizationWebhooks) {}

  @Rpc(IntegrationsService.method.getOrgWebhookConfig)
  async getOrgWebhookConfig(
    { orgId }: GetOrgWebhookConfigRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetOrgWebhookConfigResponseSchema>> {
    return { orgId: scope.orgId, ...fromOrganizationWebhook(await this.webhooks.find(scope, orgId)) };
  }

  @Rpc(IntegrationsService.method.setOrgWebhookConfig)
  async setOrgWebhookConfig(
    { orgId, url, enabled, secret }: SetOrgWebhookConfigRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SetOrgWebhookConfigResponseSchema>> {
    const webhook = await this.webhooks.set(scope, orgId, { url, enabled, secret });
    return { orgId: scope.orgId, ...fromOrganizationWebhook(webhook) };
  }
}
