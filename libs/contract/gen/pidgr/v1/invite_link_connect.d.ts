export { InviteLinkService } from './invite_link_pb.js';
