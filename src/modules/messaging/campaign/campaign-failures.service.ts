import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import type { Scope } from '../../../platform/scope/index.js';
import { CampaignFailureStore } from './campaign-failure.store.js';
import { CampaignRunStore } from './campaign-run.store.js';
import { isHopeless, isPassing } from './campaign.rules.js';
import { CampaignStore } from './campaign.store.js';
import { campaignStatus } from './campaign.js';

/**
 * Ends campaigns whose next piece of work fails again and again. Only errors that reach us count: a worker that is
 * killed says nothing about the campaign.
 */
@Injectable()
export class CampaignFailures {
  constructor(
    private readonly store: CampaignFailureStore,
    private readonly runs: CampaignRunStore,
    private readonly campaigns: CampaignStore,
    private readonly log: PinoLogger,
  ) {
    log.setContext('campaign');
  }

  /** Whether to try again, after an error in a piece of work. Deliveries stay as they are. */
  async note(scope: Scope, campaignId: string, error: unknown): Promise<'retry' | 'give_up'> {
    if (isPassing(error)) return 'retry';
    const record = await this.store.note(scope, campaignId);
    if (!record || !isHopeless(record, scope.now())) return 'retry';
    await this.campaigns.end(scope, campaignId, campaignStatus.failed);
    await this.runs.delete(scope, campaignId);
    this.log.error({ err: error, campaignId, ...record }, 'campaign failed permanently');
    return 'give_up';
  }
}
