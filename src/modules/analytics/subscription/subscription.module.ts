import { Module, type OnModuleInit } from '@nestjs/common';
import { DataSubjects, PersonalData } from '../../../platform/personal-data/index.js';
import { EventModule } from '../event/index.js';
import { SubscriptionSubjects } from './data-subject.store.js';
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
 * - A project has a limit of devices, since a public key may make them. What was there before is not refused.
 * - An erased person has none, and an id that was erased for good gets none.
 * - Tokens are sealed; they are compared by their hashes.
 */
@Module({
  imports: [EventModule],
  controllers: [SubscriptionRpc],
  providers: [Subscriptions, SubscriptionStore, SubscriptionSubjects],
  exports: [Subscriptions],
})
export class SubscriptionModule implements OnModuleInit {
  constructor(
    private readonly personalData: PersonalData,
    private readonly subjects: DataSubjects,
    private readonly ofSubjects: SubscriptionSubjects,
  ) {}

  onModuleInit(): void {
    this.personalData.contribute(subscriptionPersonalData);
    this.subjects.contribute(this.ofSubjects);
  }
}
