import { Injectable } from '@nestjs/common';
import { awaitedSteps, isDue, type RunEvent } from '@dovecote/workflow';
import type { Scope } from '../../../../platform/scope/index.js';
import { Enrollment, OpenDeliveryStore } from '../../delivery/index.js';
import type { Campaign } from '../campaign.js';
import { CampaignWake } from '../campaign-wake.service.js';
import { Turnout } from '../turnout.service.js';
import type { Advance, CampaignStep, Standing } from './campaign-step.js';

/** DEADLINE_CHECK: waits until the time is over, or until no recipient can act any longer. */
@Injectable()
export class DeadlineStep implements CampaignStep {
  constructor(
    private readonly enrollment: Enrollment,
    private readonly open: OpenDeliveryStore,
    private readonly wakes: CampaignWake,
    private readonly turnout: Turnout,
  ) {}

  async advance(scope: Scope, { campaign, run }: Standing): Promise<RunEvent | Advance> {
    const { stepId, round } = run;
    const due = isDue(run.wakeAt, run.now);
    // Members who enrolled while the message was being sent did not trigger a push; they are found here.
    if (!due && campaign.waitForEnrollment && (await this.enrollment.sendNext(scope, campaign)))
      return 'again';
    await this.turnout.lock(scope, campaign.id);
    // Enqueued before the check: a recipient who acts later finds this job under its key and moves it to now.
    if (!due) await this.wakes.wake(scope, campaign.id, run.wakeAt ?? undefined);
    if (await this.haveAllActed(scope, campaign, stepId)) return { type: 'all_acted', stepId, round };
    return due ? { type: 'timer', stepId, round } : 'rest';
  }

  private async haveAllActed(scope: Scope, { id, workflow }: Campaign, stepId: string): Promise<boolean> {
    const steps = awaitedSteps(workflow, stepId);
    if (steps.length > 0) {
      const count = await this.open.countWaitedFor(scope, id, steps);
      await this.turnout.expect(scope, id, count);
      return count.open === 0;
    }
    // A deadline before anything is sent is there for the time itself.
    await this.turnout.expectNone(scope, id);
    return false;
  }
}
