import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { OrganizationModule } from '../../people/organization/index.js';
import { IntegrationsRpc } from './integrations.rpc.js';
import { OrganizationWebhookStore } from './organization-webhook.store.js';
import { OrganizationWebhooks } from './organization-webhooks.service.js';
import { webhookPersonalData } from './personal-data.store.js';
import { WebhookAttemptStore } from './webhook-attempt.store.js';
import { WebhookCallStore } from './webhook-call.store.js';
import { WebhookCalls } from './webhook-calls.service.js';
import { WebhookDelivery } from './webhook-delivery.service.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookSlots } from './webhook-slots.service.js';
import {
  DeliverPosts,
  DeliverWebhook,
  ForgetPosts,
  ForgetWebhook,
  RedeliverWebhook,
} from './webhook.jobs.js';
import { WebhookPostDelivery } from './webhook-post-delivery.service.js';
import { WebhookPostStore } from './webhook-post.store.js';
import { WebhookPosts } from './webhook-posts.service.js';
import { WebhookRpc } from './webhook.rpc.js';
import { WebhookSecretStore } from './webhook-secret.store.js';
import { WebhookSender } from './webhook-sender.service.js';
import { WebhookSecrets } from './webhook-secrets.service.js';

/**
 * A webhook call is one request that a step of a campaign wants delivered to another system. A CALL_WEBHOOK step makes one; a
 * SEND_REMINDER or ESCALATE step makes one for each member whom it reaches, to the organization's webhook: those are called
 * posts. Invariants: a call has one content and one id, however often it is sent; at most five attempts happen by
 * themselves; what follows later never changes how the call ended; a post waits for nothing, and no step waits for a post.
 */
@Module({
  imports: [OrganizationModule],
  controllers: [IntegrationsRpc, WebhookRpc],
  providers: [
    DeliverPosts,
    DeliverWebhook,
    ForgetPosts,
    ForgetWebhook,
    OrganizationWebhooks,
    OrganizationWebhookStore,
    RedeliverWebhook,
    WebhookAttemptStore,
    WebhookCalls,
    WebhookCallStore,
    WebhookDelivery,
    WebhookMetrics,
    WebhookPostDelivery,
    WebhookPosts,
    WebhookPostStore,
    WebhookSecrets,
    WebhookSlots,
    WebhookSecretStore,
    WebhookSender,
  ],
  exports: [WebhookCalls, WebhookPosts],
})
export class WebhookModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(webhookPersonalData);
  }
}
