export { TeamService } from './team_pb.js';
