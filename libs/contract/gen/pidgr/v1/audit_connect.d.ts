export { AuditService } from './audit_pb.js';
