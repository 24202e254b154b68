export { AuthService } from './auth_pb.js';
