export { CampaignService } from './campaign_pb.js';
