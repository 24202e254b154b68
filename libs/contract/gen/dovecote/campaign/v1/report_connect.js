export { CampaignReportService } from './report_pb.js';
