export { Health } from './health_pb.js';
