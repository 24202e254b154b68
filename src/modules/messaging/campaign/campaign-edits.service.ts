import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import type { Campaign } from './campaign.js';
import { CampaignContents } from './campaign-contents.service.js';
import { CampaignStore } from './campaign.store.js';

/** Called in the transaction of an edit that has changed the content of a campaign, which is locked. */
export type AfterEdit = (scope: Scope, campaignId: string, digest: string) => Promise<void>;

/** Changes of campaigns that have not been started. Modules above add what follows from them. */
@Injectable()
export class CampaignEdits {
  private readonly followers: AfterEdit[] = [];

  constructor(
    private readonly store: CampaignStore,
    private readonly contents: CampaignContents,
  ) {}

  /** Called by a module when it starts. */
  contribute(follower: AfterEdit): void {
    this.followers.push(follower);
  }

  /** Writes a campaign that the caller has locked. An edit that leaves the content as it is has no consequences. */
  async write(scope: Scope, campaign: Campaign): Promise<void> {
    const before = await this.contents.get(scope, campaign.id);
    await this.store.update(scope, campaign);
    const { digest } = await this.contents.get(scope, campaign.id);
    if (digest === before.digest) return;
    await this.store.noteEditor(scope, campaign.id);
    for (const follow of this.followers) await follow(scope, campaign.id, digest);
  }
}
