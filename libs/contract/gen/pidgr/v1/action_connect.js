export { ActionService } from './action_pb.js';
