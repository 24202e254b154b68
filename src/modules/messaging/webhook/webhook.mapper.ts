import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  WebhookCall_Outcome as Outcome,
  type WebhookAttemptSchema,
  type WebhookCallSchema,
  type WebhookSecretSchema,
} from '@dovecote/contract/dovecote/campaign/v1/webhook_pb';
import type { WebhookAttempt, WebhookCall, WebhookSecret } from './webhook.js';

export function fromCall(call: WebhookCall): MessageInitShape<typeof WebhookCallSchema> {
  const { outcome, createdAt, endedAt, nextAttemptAt, ...rest } = call;
  return {
    ...rest,
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
