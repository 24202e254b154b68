import { Injectable } from '@nestjs/common';
import { Metrics } from '../../../platform/telemetry/metrics.js';

@Injectable()
export class WebhookMetrics {
  readonly attempts;

  constructor(metrics: Metrics) {
    this.attempts = metrics.counter('webhook_attempts_total', 'Attempts at webhook calls, by outcome.', [
      'outcome',
    ]);
  }
}
