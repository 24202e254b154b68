import { Injectable } from '@nestjs/common';
import { askingSteps, type RunEvent } from '@dovecote/workflow';
import type { Scope } from '../../../../platform/scope/index.js';
import { Deliveries } from '../../delivery/index.js';
import { type Advance, type CampaignStep, finished, type Standing } from './campaign-step.js';

/** Deliveries per transaction. */
const PIECE = 1_000;

/** MARK_MISSED: a recipient who was asked for an acknowledgement and has not given it by now has missed the message. */
@Injectable()
export class MissedStep implements CampaignStep {
  constructor(private readonly deliveries: Deliveries) {}

  async advance(scope: Scope, { campaign, run }: Standing): Promise<RunEvent | Advance> {
    const asking = askingSteps(campaign.workflow);
    const isAnyLeft = await this.deliveries.markMissed(scope, campaign.id, asking, PIECE);
    return isAnyLeft ? 'again' : finished(run);
  }
}
