export { EnforcementService } from './enforcement_pb.js';
