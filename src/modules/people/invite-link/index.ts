export { InviteLinkModule } from './invite-link.module.js';
