export { AudienceService } from './audience_pb.js';
