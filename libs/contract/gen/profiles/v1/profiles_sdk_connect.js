export { ProfilesSDKService } from './profiles_sdk_pb.js';
