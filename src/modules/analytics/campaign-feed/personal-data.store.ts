import type { PersonalDataContribution } from '../../../platform/personal-data/index.js';
import type { CampaignFeedStore } from './campaign-feed.store.js';
import { eraseMemberTask } from './member-erasure.jobs.js';

/**
 * The events say of a member what the deliveries say, which are exported. They go by the id of the member, also where the member's row
 * stays without a name: what an SDK has linked to that id would tell who it was.
 */
export function campaignFeedPersonalData(feeds: CampaignFeedStore): PersonalDataContribution {
  return {
    async erase(scope, { userId }) {
      if ((await feeds.projects(scope)).length > 0)
        await scope.enqueue({ task: eraseMemberTask, payload: { userId }, key: userId });
    },
  };
}
