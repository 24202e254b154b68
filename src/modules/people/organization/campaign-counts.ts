import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';

/** Campaigns that have ended, without synthetic ones. */
export interface CampaignsOver {
  completed: number;
  cancelled: number;
}

/** The counts that the campaign module contributes: it stands above this module. */
@Injectable()
export class CampaignCounts {
  private count: (scope: Scope) => Promise<CampaignsOver> = () =>
    Promise.resolve({ completed: 0, cancelled: 0 });

  /** Called by a module when it starts. */
  contribute(count: (scope: Scope) => Promise<CampaignsOver>): void {
    this.count = count;
  }

  over(scope: Scope): Promise<CampaignsOver> {
    return this.count(scope);
  }
}
