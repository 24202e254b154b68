export { PrivacyService } from './privacy_pb.js';
