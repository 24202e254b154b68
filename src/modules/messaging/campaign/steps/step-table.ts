import { Injectable } from '@nestjs/common';
import type { StepType } from '@dovecote/workflow';
import { type ExecutableStepType, isExecutable } from '../campaign.rules.js';
import type { CampaignStep } from './campaign-step.js';
import { DeadlineStep } from './deadline.step.js';
import { MissedStep } from './missed.step.js';
import { SendStep } from './send.step.js';
import { WebhookStep } from './webhook.step.js';

/** What carries out each kind of step. */
@Injectable()
export class StepTable {
  private readonly rows: Record<ExecutableStepType, CampaignStep>;

  constructor(send: SendStep, deadline: DeadlineStep, missed: MissedStep, webhook: WebhookStep) {
    this.rows = {
      SEND_NOTIFICATION: send,
      DEADLINE_CHECK: deadline,
      MARK_MISSED: missed,
      CALL_WEBHOOK: webhook,
    };
  }

  /** Undefined for a kind that this release does not carry out. */
  find(type: StepType): CampaignStep | undefined {
    return isExecutable(type) ? this.rows[type] : undefined;
  }
}
