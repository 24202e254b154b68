export { CampaignModule } from './campaign.module.js';
export { CampaignRuns } from './campaign-run.service.js';
export { Campaigns } from './campaign.service.js';
export { CounterStore } from '../delivery/counter.store.js';
export {
  campaignStatus,
  type CampaignStatus,
  deliveryKind,
  type DeliveryKind,
  deliveryStatus,
  type DeliveryStatus,
  wordFor,
} from './status.js';
