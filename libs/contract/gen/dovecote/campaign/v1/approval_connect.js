export { CampaignApprovalService } from './approval_pb.js';
