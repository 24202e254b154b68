export { OrgsService } from './orgs_pb.js';
