export { EventLimitService } from './usage_pb.js';
