export { ScimService } from './scim_pb.js';
