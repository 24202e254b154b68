export { UsageService } from './usage_pb.js';
