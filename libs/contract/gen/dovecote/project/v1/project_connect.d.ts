export { ProjectService } from './project_pb.js';
