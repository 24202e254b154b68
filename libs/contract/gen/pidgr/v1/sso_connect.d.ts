export { SSOService } from './sso_pb.js';
