export { campaignStatus, type CampaignStatus } from './campaign.js';
export { CampaignModule } from './campaign.module.js';
export { Campaigns } from './campaign.service.js';
export { CampaignWake } from './campaign-wake.service.js';
export { Copies } from './copies.service.js';
