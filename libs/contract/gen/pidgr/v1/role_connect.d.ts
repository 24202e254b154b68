export { RoleService } from './role_pb.js';
