export { CampaignSteeringService } from './steering_pb.js';
