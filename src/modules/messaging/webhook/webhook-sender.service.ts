import { Injectable } from '@nestjs/common';
import { AppError } from '../../../platform/errors/index.js';
import { OutboundClient } from '../../../platform/outbound/outbound-client.js';
import type { AttemptResult } from './webhook.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { excerptOf, isSuccess } from './webhook.rules.js';

/** Bytes of an answer that are read: enough for the excerpt that is kept. */
const ANSWER_BYTES = 4_096;

/** What an attempt sends. */
export interface WebhookRequest {
  readonly orgId: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Sends requests, outside of any transaction, and says what came back. */
@Injectable()
export class WebhookSender {
  constructor(
    private readonly outbound: OutboundClient,
    private readonly metrics: WebhookMetrics,
  ) {}

  async send(request: WebhookRequest): Promise<AttemptResult> {
    const began = performance.now();
    const answered = await this.answerOf(request);
    this.metrics.attempts.inc({ outcome: isSuccess(answered) ? 'succeeded' : 'failed' });
    return { ...answered, durationMs: Math.round(performance.now() - began) };
  }

  private async answerOf({ url, ...request }: WebhookRequest): Promise<Omit<AttemptResult, 'durationMs'>> {
    try {
      const response = await this.outbound.send(url, {
        method: 'POST',
        ...request,
        cutOffAfter: ANSWER_BYTES,
      });
      const answer = excerptOf(new Uint8Array(await response.arrayBuffer()));
      return { status: response.status, error: '', answer };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return { status: 0, error: error.message, answer: '' };
    }
  }
}
