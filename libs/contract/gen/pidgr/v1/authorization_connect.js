export { AuthorizationService } from './authorization_pb.js';
