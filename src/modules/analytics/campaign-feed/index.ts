export { CampaignFeedModule } from './campaign-feed.module.js';
export { CampaignFeeds } from './campaign-feeds.service.js';
