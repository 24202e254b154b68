export { ConnectionService } from './connection_pb.js';
