export { DomainService } from './domain_pb.js';
