import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { webhookPersonalData } from './personal-data.store.js';
import { WebhookAttemptStore } from './webhook-attempt.store.js';
import { WebhookCallStore } from './webhook-call.store.js';
import { WebhookCalls } from './webhook-calls.service.js';
import { WebhookDelivery } from './webhook-delivery.service.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookSlots } from './webhook-slots.service.js';
import { DeliverWebhook, ForgetWebhook, RedeliverWebhook } from './webhook.jobs.js';
import { WebhookRpc } from './webhook.rpc.js';
import { WebhookSecretStore } from './webhook-secret.store.js';
import { WebhookSecrets } from './webhook-secrets.service.js';

/**
 * A webhook call is one request that a step of a campaign wants delivered to another system. Invariants: a step makes one
 * call; a call has one content and one id, however often it is sent; at most five attempts happen by themselves; what
 * follows later never changes how the call ended.
 */
@Module({
  controllers: [WebhookRpc],
  providers: [
    DeliverWebhook,
    ForgetWebhook,
    RedeliverWebhook,
    WebhookAttemptStore,
    WebhookCalls,
    WebhookCallStore,
    WebhookDelivery,
    WebhookMetrics,
    WebhookSecrets,
    WebhookSlots,
    WebhookSecretStore,
  ],
  exports: [WebhookCalls],
})
export class WebhookModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(webhookPersonalData);
  }
}
