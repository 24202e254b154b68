import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { CopyStore } from './copy.store.js';
import { CounterStore } from './counter.store.js';
import { Deliveries } from './delivery.service.js';
import { DeliveryEventStore } from './delivery-event.store.js';
import { DeliveryStore } from './delivery.store.js';
import { DispatchStore } from './dispatch.store.js';
import { Enrollment } from './enrollment.service.js';
import { EnrollmentStore } from './enrollment.store.js';
import { FollowUpStore } from './follow-up.store.js';
import { MissedStore } from './missed.store.js';
import { OpenDeliveryStore } from './open-delivery.store.js';
import { deliveryPersonalData } from './personal-data.store.js';
import { RecipientActStore } from './recipient-act.store.js';
import { ReportStore } from './report.store.js';
import { SkipStore } from './skip.store.js';
import { TestMessageStore } from './test-message.store.js';
import { TimelineStore } from './timeline.store.js';

/**
 * A delivery is one recipient's copy of a campaign's message. The module is the ledger of all copies: it
 * writes them, counts their statuses, advances the clocks of the inboxes, and fills the outbox of pushes.
 * Copies of a recipient's message are for others: escalations, and notes of reminders.
 * Invariants: one delivery for each recipient, step, round, kind and message that it is a copy of; a delivery changes
 * under the lock of its inbox; its counters and pushes commit with it.
 */
@Module({
  providers: [
    CopyStore,
    CounterStore,
    Deliveries,
    DeliveryEventStore,
    DeliveryStore,
    DispatchStore,
    Enrollment,
    EnrollmentStore,
    FollowUpStore,
    MissedStore,
    OpenDeliveryStore,
    RecipientActStore,
    ReportStore,
    SkipStore,
    TestMessageStore,
    TimelineStore,
  ],
  exports: [
    CopyStore,
    CounterStore,
    Deliveries,
    DeliveryEventStore,
    Enrollment,
    FollowUpStore,
    OpenDeliveryStore,
    RecipientActStore,
    ReportStore,
    SkipStore,
    TestMessageStore,
    TimelineStore,
  ],
})
export class DeliveryModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(deliveryPersonalData);
  }
}
