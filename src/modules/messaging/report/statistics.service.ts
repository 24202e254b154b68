import { Injectable } from '@nestjs/common';
import { notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type CampaignSnapshot, StatisticsStore } from '../campaign/index.js';
import { type CampaignFigures, figuresOf } from './statistics.rules.js';

/** The figures of campaigns. */
@Injectable()
export class CampaignStatistics {
  constructor(private readonly store: StatisticsStore) {}

  async get(scope: Scope, campaignId: string): Promise<CampaignSnapshot & CampaignFigures> {
    const snapshot = await this.store.snapshot(scope, campaignId);
    if (!snapshot) throw notFound('campaign');
    return { ...snapshot, ...figuresOf(snapshot) };
  }
}
