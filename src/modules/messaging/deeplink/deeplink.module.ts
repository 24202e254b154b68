import { Module } from '@nestjs/common';
import { ForgetDeeplinkKeys } from './deeplink.jobs.js';
import { DeeplinkRpc } from './deeplink.rpc.js';
import { DeeplinkTokens } from './deeplink.service.js';
import { DeeplinkStore } from './deeplink.store.js';

/**
 * The token of a link says for whom and for which step of a campaign the link was made.
 * Invariants: it proves nothing about who follows it; a key signs for 90 days, is believed for seven more, and is then
 * forgotten.
 */
@Module({
  controllers: [DeeplinkRpc],
  providers: [DeeplinkStore, DeeplinkTokens, ForgetDeeplinkKeys],
  exports: [DeeplinkTokens],
})
export class DeeplinkModule {}
