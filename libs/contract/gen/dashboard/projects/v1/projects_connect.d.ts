export { ProjectsService } from './projects_pb.js';
