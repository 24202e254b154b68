import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { subscriptionPersonalData } from './personal-data.store.js';
import { SubscriptionRpc } from './subscription.rpc.js';
import { SubscriptionStore } from './subscription.store.js';
import { Subscriptions } from './subscriptions.service.js';

/**
 * A push subscription is a device of a person of a project, as an SDK makes it known. (A device of `messaging/device` is that
 * of a member.)
 *
 * - A device has one subscription, and a token one active device of the project.
 * - It keeps the id of the person as it was sent; which profile that is, is decided when it is read.
 * - Tokens are sealed; they are compared by their hashes.
 */
@Module({
  controllers: [SubscriptionRpc],
  providers: [Subscriptions, SubscriptionStore],
  exports: [Subscriptions],
})
export class SubscriptionModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(subscriptionPersonalData);
  }
}
