import { Injectable } from '@nestjs/common';
import { notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { Campaigns } from '../campaign/index.js';
import { type DeliveryRecord, TimelineStore } from '../delivery/index.js';
import { followingSteps, MOST_EVENTS, type TimelineEvent, timelineOf } from './timeline.rules.js';

export interface DeliveryTimeline {
  record: DeliveryRecord;
  events: TimelineEvent[];
  isTruncated: boolean;
}

/** The histories of single deliveries. */
@Injectable()
export class Timelines {
  constructor(
    private readonly store: TimelineStore,
    private readonly campaigns: Campaigns,
  ) {}

  async get(scope: Scope, deliveryId: string): Promise<DeliveryTimeline> {
    const place = await this.store.place(scope, deliveryId);
    if (!place) throw notFound('delivery');
    const { campaignId } = place;
    // A workflow stays as it is once there are deliveries.
    const workflow = await this.campaigns.workflow(scope, campaignId);
    const stepIds = followingSteps(workflow, place);
    const found = await this.store.read(scope, deliveryId, { campaignId, stepIds, most: MOST_EVENTS + 1 });
    // Erased since.
    if (!found) throw notFound('delivery');
    const { record, happenings } = found;
    return { record, ...timelineOf(workflow, record, happenings) };
  }
}
