import { Module } from '@nestjs/common';
import { MemberModule } from '../member/index.js';
import { RoleModule } from '../role/index.js';
import { InviteLinkRpc } from './invite-link.rpc.js';
import { InviteLinkStore } from './invite-link.store.js';
import { InviteLinks } from './invite-links.service.js';
import { Redemptions } from './redemptions.service.js';

/**
 * An invite link lets its bearer join one organization with one role, a limited number of times.
 * Invariants: a caller cannot create or see a link to a role with more permissions than the caller's; a link
 * admits no more people than its uses; a deactivated member cannot return by a link.
 */
@Module({
  imports: [MemberModule, RoleModule],
  controllers: [InviteLinkRpc],
  providers: [InviteLinks, InviteLinkStore, Redemptions],
})
export class InviteLinkModule {}
