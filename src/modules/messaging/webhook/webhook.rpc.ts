import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  type GetWebhookCallRequest,
  type GetWebhookCallResponseSchema,
  type ListWebhookCallsRequest,
  type ListWebhookCallsResponseSchema,
  type ListWebhookSecretsRequest,
  type ListWebhookSecretsResponseSchema,
  type RedeliverWebhookCallsRequest,
  type RedeliverWebhookCallsResponseSchema,
  type RotateWebhookSecretRequest,
  type RotateWebhookSecretResponseSchema,
  WebhookService,
} from '@dovecote/contract/dovecote/campaign/v1/webhook_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { fromAttempt, fromCall, fromSecret } from './webhook.mapper.js';
import { WebhookCalls } from './webhook-calls.service.js';
import { WebhookSecrets } from './webhook-secrets.service.js';

const DEFAULT_OVERLAP_HOURS = 24;

@Controller()
export class WebhookRpc {
  constructor(
    private readonly calls: WebhookCalls,
    private readonly secrets: WebhookSecrets,
  ) {}

  @Rpc(WebhookService.method.listWebhookCalls)
  async listWebhookCalls(
    { campaignId, failedOnly, posts, pageSize, pageToken }: ListWebhookCallsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListWebhookCallsResponseSchema>> {
    const filter = { failedOnly, posts, campaignId: campaignId.toLowerCase() || undefined };
    const { items, nextPageToken } = await this.calls.list(scope, filter, { pageSize, pageToken });
    return { calls: items.map(fromCall), nextPageToken };
  }

  @Rpc(WebhookService.method.getWebhookCall)
  async getWebhookCall(
    { callId }: GetWebhookCallRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof GetWebhookCallResponseSchema>> {
    const { call, attempts } = await this.calls.get(scope, callId);
    return { call: fromCall(call), attempts: attempts.map(fromAttempt) };
  }

  @Rpc(WebhookService.method.redeliverWebhookCalls)
  async redeliverWebhookCalls(
    { callIds }: RedeliverWebhookCallsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RedeliverWebhookCallsResponseSchema>> {
    return { calls: (await this.calls.redeliver(scope, callIds)).map(fromCall) };
  }

  @Rpc(WebhookService.method.listWebhookSecrets)
  async listWebhookSecrets(
    _request: ListWebhookSecretsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ListWebhookSecretsResponseSchema>> {
    return { secrets: (await this.secrets.list(scope)).map(fromSecret) };
  }

  @Rpc(WebhookService.method.rotateWebhookSecret)
  async rotateWebhookSecret(
    { overlapHours = DEFAULT_OVERLAP_HOURS }: RotateWebhookSecretRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof RotateWebhookSecretResponseSchema>> {
    const { secret, value } = await this.secrets.rotate(scope, overlapHours);
    return { secret: fromSecret(secret), value };
  }
}
