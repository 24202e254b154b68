export { ActivityService } from './activity_pb.js';
