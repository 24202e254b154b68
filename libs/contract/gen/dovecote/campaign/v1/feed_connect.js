export { CampaignFeedService } from './feed_pb.js';
