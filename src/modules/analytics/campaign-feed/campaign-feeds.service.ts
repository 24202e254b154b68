import { Injectable } from '@nestjs/common';
import { Permission } from '../../../platform/access/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { DeliveryEventStore } from '../../messaging/delivery/index.js';
import { Organizations, PrivacySettings } from '../../people/organization/index.js';
import { Projects } from '../project/index.js';
import type { CampaignFeed } from './campaign-feed.js';
import { projectIsFed, refuseInSandbox } from './campaign-feed.rules.js';
import { CampaignFeedStore } from './campaign-feed.store.js';

/** Whether what happens in campaigns becomes events, and in which project. */
@Injectable()
export class CampaignFeeds {
  constructor(
    private readonly store: CampaignFeedStore,
    private readonly projects: Projects,
    private readonly events: DeliveryEventStore,
    private readonly organizations: Organizations,
    private readonly settings: PrivacySettings,
  ) {}

  async get(scope: Scope): Promise<CampaignFeed> {
    const projectId = await this.store.findProject(scope);
    const isSuspended = !(await this.settings.isEnabled(scope, 'behavioral_analytics'));
    const waiting = await this.events.waitingOfOrganization(scope);
    const project = projectId === undefined ? undefined : await this.projects.get(scope, projectId);
    return { project, isSuspended, waiting };
  }

  /** Undefined: no events. Empty: in the project that the server makes for them. */
  async set(scope: Scope, projectId: string | undefined): Promise<CampaignFeed> {
    scope.require(Permission.ANALYTICS_WRITE);
    const refusal = refuseInSandbox(await this.organizations.isSandbox(scope));
    if (refusal) throw refusal;
    const chosen = projectId === undefined ? undefined : await this.chosen(scope, projectId);
    const before = await this.store.findProject(scope);
    if (chosen) await this.store.set(scope, chosen.id);
    else await this.store.remove(scope);
    if (chosen?.id !== before)
      await scope.audit('ORG_UPDATED', {
        entityType: 'organization',
        entityId: scope.orgId,
        metadata: { campaign_feed: `${before ?? 'off'} -> ${chosen?.id ?? 'off'}` },
      });
    return this.get(scope);
  }

  /** While events go into a project, it is not deleted. */
  async refuseDeletion(scope: Scope, projectId: string): Promise<void> {
    if ((await this.store.findProject(scope)) === projectId) throw projectIsFed();
  }

  /** Locks the row: the project is not deleted while the feed is set to it. */
  private async chosen(scope: Scope, projectId: string) {
    if (projectId !== '') return this.projects.getForUpdate(scope, projectId);
    return this.projects.getBuiltIn(scope);
  }
}
