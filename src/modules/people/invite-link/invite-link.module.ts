import { Module } from '@nestjs/common';
import { MemberModule } from '../member/index.js';
import { RoleModule } from '../role/index.js';
import { InviteLinkRpc } from './invite-link.rpc.js';
import { InviteLinkStore } from './invite-link.store.js';
import { InviteLinks } from './invite-links.service.js';
import { Redemptions } from './redemptions.service.js';

/**
 * An invite link lets whoever has it join one organization, with one role, as often as it says.
 * Invariants: nobody makes, or is shown, a link to a role that may do more than they; no more people come by a link
 * than it has uses; who was shut out does not come back by one.
 */
@Module({
  imports: [MemberModule, RoleModule],
  controllers: [InviteLinkRpc],
  providers: [InviteLinks, InviteLinkStore, Redemptions],
})
export class InviteLinkModule {}
