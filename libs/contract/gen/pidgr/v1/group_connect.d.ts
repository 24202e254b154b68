export { GroupService } from './group_pb.js';
