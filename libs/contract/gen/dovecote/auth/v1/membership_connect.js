export { MembershipService } from './membership_pb.js';
