export { OrganizationDeletionService } from './deletion_pb.js';
