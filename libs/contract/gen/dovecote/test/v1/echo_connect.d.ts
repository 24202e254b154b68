export { EchoService } from './echo_pb.js';
