export { TokenService } from './token_pb.js';
