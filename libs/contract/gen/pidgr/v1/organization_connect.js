export { OrganizationService } from './organization_pb.js';
