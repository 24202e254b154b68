import { Injectable } from '@nestjs/common';
import { COMPLETED, FAILED, type RunEvent } from '@dovecote/workflow';
import type { Scope } from '../../../../platform/scope/index.js';
import { ReportStore } from '../../delivery/index.js';
import { WebhookCalls, webhookOutcome } from '../../webhook/index.js';
import { MOST_REPORTED, payloadOf } from '../webhook-payload.mapper.js';
import type { Advance, CampaignStep, Standing } from './campaign-step.js';

/** CALL_WEBHOOK: has one call delivered, and waits until it was answered or given up. */
@Injectable()
export class WebhookStep implements CampaignStep {
  constructor(
    private readonly calls: WebhookCalls,
    private readonly report: ReportStore,
  ) {}

  async advance(scope: Scope, { campaign, run, step }: Standing): Promise<RunEvent | Advance> {
    const { config } = step;
    if (config?.kind !== 'CALL_WEBHOOK') throw new Error(`Step ${step.id} has no webhook to call.`);
    const place = { campaignId: campaign.id, stepId: step.id };
    const call = await this.calls.ofStep(scope, place);
    if (call) {
      if (call.outcome === null) return 'rest';
      const outcome = call.outcome === webhookOutcome.completed ? COMPLETED : FAILED;
      return { type: 'step_finished', stepId: run.stepId, round: run.round, outcome };
    }
    const [recipients, counts] = await Promise.all([
      this.report.recipients(scope, campaign.id, MOST_REPORTED + 1),
      this.report.counts(scope, campaign.id),
    ]);
    const { name, url, headers } = config;
    const payload = payloadOf(campaign, recipients, counts);
    await this.calls.open(scope, { ...place, name, url, headers, payload });
    return 'rest';
  }
}
