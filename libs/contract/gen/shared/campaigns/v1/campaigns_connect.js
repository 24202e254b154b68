export { CampaignService } from './campaigns_pb.js';
