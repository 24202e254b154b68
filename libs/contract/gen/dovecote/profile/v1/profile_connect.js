export { ProfileService } from './profile_pb.js';
