export { MemberService } from './member_pb.js';
