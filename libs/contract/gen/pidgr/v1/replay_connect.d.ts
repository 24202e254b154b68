export { ReplayService } from './replay_pb.js';
