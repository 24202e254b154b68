import { Injectable } from '@nestjs/common';
import type { StepType } from '@dovecote/workflow';
import type { CampaignStep } from './campaign-step.js';
import { DeadlineStep } from './deadline.step.js';
import { EscalateStep } from './escalate.step.js';
import { MissedStep } from './missed.step.js';
import { ReminderStep } from './reminder.step.js';
import { SendStep } from './send.step.js';
import { WebhookStep } from './webhook.step.js';

/** What carries out each kind of step. */
@Injectable()
export class StepTable {
  private readonly rows: Record<StepType, CampaignStep>;

  constructor(
    send: SendStep,
    deadline: DeadlineStep,
    reminder: ReminderStep,
    missed: MissedStep,
    escalate: EscalateStep,
    webhook: WebhookStep,
  ) {
    this.rows = {
      SEND_NOTIFICATION: send,
      DEADLINE_CHECK: deadline,
      SEND_REMINDER: reminder,
      MARK_MISSED: missed,
      ESCALATE: escalate,
      CALL_WEBHOOK: webhook,
    };
  }

  find(type: StepType): CampaignStep {
    return this.rows[type];
  }
}
