import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  WebhookCall_Outcome as Outcome,
  type WebhookAttemptSchema,
  type WebhookCallSchema,
  type WebhookSecretSchema,
} from '@dovecote/contract/dovecote/campaign/v1/webhook_pb';
import type { OrganizationWebhook } from './organization-webhook.js';
import type { WebhookAttempt, WebhookCall, WebhookSecret } from './webhook.js';

export function fromCall(call: WebhookCall): MessageInitShape<typeof WebhookCallSchema> {
  const { outcome, createdAt, endedAt, nextAttemptAt, userId, ...rest } = call;
  return {
    ...rest,
    userId: userId ?? '',
    // Stored under the numbers of the contract.
    outcome: outcome ?? Outcome.UNSPECIFIED,
    createdAt: timestampFromDate(createdAt),
    endedAt: endedAt ? timestampFromDate(endedAt) : undefined,
    nextAttemptAt: nextAttemptAt ? timestampFromDate(nextAttemptAt) : undefined,
  };
}

export function fromAttempt(attempt: WebhookAttempt): MessageInitShape<typeof WebhookAttemptSchema> {
  const { startedAt, durationMs, ...rest } = attempt;
  return {
    ...rest,
    startedAt: startedAt ? timestampFromDate(startedAt) : undefined,
    durationMs: durationMs ?? undefined,
  };
}

export function fromSecret(secret: WebhookSecret): MessageInitShape<typeof WebhookSecretSchema> {
  const { id, hint, createdAt, expiresAt } = secret;
  return {
    id,
    hint,
    createdAt: timestampFromDate(createdAt),
    expiresAt: expiresAt ? timestampFromDate(expiresAt) : undefined,
  };
}

/** The settings of the webhook, without the organization; nothing without a webhook. */
export function fromOrganizationWebhook(webhook: OrganizationWebhook | undefined) {
  if (!webhook) return {};
  const { url, enabled, hasSecret, createdAt, updatedAt } = webhook;
  return {
    ...{ url, enabled, hasSecret },
    ...{ createdAt: timestampFromDate(createdAt), updatedAt: timestampFromDate(updatedAt) },
  };
}
