export { ProfilesService } from './profiles_pb.js';
