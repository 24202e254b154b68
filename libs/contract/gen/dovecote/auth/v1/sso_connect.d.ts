export { SsoSignInService } from './sso_pb.js';
