import { Module, type OnModuleInit } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import { CounterStore } from './counter.store.js';
import { Deliveries } from './delivery.service.js';
import { DeliveryStore } from './delivery.store.js';
import { DispatchStore } from './dispatch.store.js';
import { Enrollment } from './enrollment.service.js';
import { EnrollmentStore } from './enrollment.store.js';
import { MissedStore } from './missed.store.js';
import { OpenDeliveryStore } from './open-delivery.store.js';
import { deliveryPersonalData } from './personal-data.store.js';
import { RecipientActStore } from './recipient-act.store.js';
import { ReportStore } from './report.store.js';

/**
 * A delivery is one recipient's copy of a campaign's message. The module is the ledger of all copies: it
 * writes them, counts their statuses, advances the clocks of the inboxes, and fills the outbox of pushes.
 * Invariants: one delivery for each recipient, step and kind; a delivery changes under the lock of its inbox;
 * its counters and pushes commit with it.
 */
@Module({
  providers: [
    CounterStore,
    Deliveries,
    DeliveryStore,
    DispatchStore,
    Enrollment,
    EnrollmentStore,
    MissedStore,
    OpenDeliveryStore,
    RecipientActStore,
    ReportStore,
  ],
  exports: [CounterStore, Deliveries, Enrollment, OpenDeliveryStore, RecipientActStore, ReportStore],
})
export class DeliveryModule implements OnModuleInit {
  constructor(private readonly personalData: PersonalData) {}

  onModuleInit(): void {
    this.personalData.contribute(deliveryPersonalData);
  }
}
