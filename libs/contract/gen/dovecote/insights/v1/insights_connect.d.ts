export { InsightsService } from './insights_pb.js';
