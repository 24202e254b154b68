import { Injectable } from '@nestjs/common';
import { notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { CampaignContentStore } from './campaign-content.store.js';
import { CampaignStore } from './campaign.store.js';
import { templatesOf } from './message-template.rules.js';

/** What a campaign sends, to whom, and what follows: named by a digest, which approvals and scheduled starts are bound to. */
@Injectable()
export class CampaignContents {
  constructor(
    private readonly store: CampaignContentStore,
    private readonly campaigns: CampaignStore,
  ) {}

  /** Name and digest of what each campaign would start with now, by its id. Campaigns that are not there are left out. */
  async find(
    scope: Scope,
    campaignIds: readonly string[],
  ): Promise<Map<string, { name: string; digest: string }>> {
    const campaigns = await this.campaigns.findAll(scope, campaignIds);
    const digests = await this.store.digests(
      scope,
      campaigns.map((campaign) => ({ id: campaign.id, templates: templatesOf(campaign) })),
    );
    return new Map(
      campaigns.flatMap(({ id, name }) => {
        const digest = digests.get(id);
        return digest === undefined ? [] : [[id, { name, digest }]];
      }),
    );
  }

  /** The same of one campaign, or what it has started with. */
  async get(scope: Scope, campaignId: string): Promise<{ name: string; digest: string }> {
    const [campaign] = await this.campaigns.findAll(scope, [campaignId]);
    if (!campaign) throw notFound('campaign');
    const { id, name, startedAt } = campaign;
    if (startedAt) return { name, digest: await this.store.copied(scope, id) };
    const digests = await this.store.digests(scope, [{ id, templates: templatesOf(campaign) }]);
    const digest = digests.get(id);
    if (digest === undefined) throw notFound('campaign');
    return { name, digest };
  }

  /** The digest of what a campaign that is being started will send: translations have been copied, and no longer change. */
  started(scope: Scope, campaignId: string): Promise<string> {
    return this.store.copied(scope, campaignId);
  }
}
