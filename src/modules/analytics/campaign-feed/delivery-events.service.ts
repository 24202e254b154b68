import { Injectable } from '@nestjs/common';
import { holdErasures } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { DeliveryEventStore } from '../../messaging/delivery/index.js';
import { PrivacySettings } from '../../people/organization/index.js';
import { EventQueue, rowOf } from '../event/index.js';
import { Projects } from '../project/index.js';
import { eventOf } from './campaign-event.rules.js';
import { CampaignFeedStore } from './campaign-feed.store.js';

/** Makes events of what happened to deliveries. */
@Injectable()
export class DeliveryEvents {
  constructor(
    private readonly feeds: CampaignFeedStore,
    private readonly noted: DeliveryEventStore,
    private readonly settings: PrivacySettings,
    private readonly projects: Projects,
    private readonly queue: EventQueue,
  ) {}

  /**
   * Moves the oldest of the organization to the queue of the analytics store, in one transaction: whatever crashes, each is in one of
   * both. Returns how many became events.
   * @throws AppError UNAVAILABLE (`INGEST_QUEUE_FULL`): they stay where they are.
   */
  async move(scope: Scope): Promise<number> {
    // An erasure that follows finds them in the queue; one that was before has left no member.
    await holdErasures(scope);
    const projectId = await this.feeds.findProject(scope);
    if (projectId === undefined || !(await this.settings.isEnabled(scope, 'behavioral_analytics'))) {
      await this.noted.drop(scope);
      return 0;
    }
    const project = await this.projects.get(scope, projectId);
    await this.queue.refuseWhenFull(project);
    const events = (await this.noted.take(scope)).map(eventOf);
    await this.queue.add(scope, (context) => events.map((event) => rowOf(event, context)), project);
    return events.length;
  }
}
