export { ProfilesSDKService } from './profiles_pb.js';
