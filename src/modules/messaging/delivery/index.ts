export { type CopyBatch, CopyStore } from './copy.store.js';
export { CounterStore } from './counter.store.js';
export {
  type Delivery,
  type DeliveryCounts,
  deliveryKind,
  type DeliveryKind,
  deliveryStatus,
  type DeliveryStatus,
  notReceived,
  openStatuses,
  wordFor,
} from './delivery.js';
export {
  type DeliveryEvent,
  deliveryEventSettings,
  DeliveryEventStore,
  type NotedEvent,
} from './delivery-event.store.js';
export { DeliveryModule } from './delivery.module.js';
export { Deliveries } from './delivery.service.js';
export { Enrollment } from './enrollment.service.js';
export type { WaitingCampaign } from './enrollment.store.js';
export { type FollowedMessage, FollowUpStore } from './follow-up.store.js';
export { type OpenCount, OpenDeliveryStore } from './open-delivery.store.js';
export { ReportStore, type ReportedRecipient } from './report.store.js';
export { RecipientActStore } from './recipient-act.store.js';
export { channelNumber, type Skip, skipReason, SkipStore } from './skip.store.js';
export { type NewTestMessage, TestMessageStore } from './test-message.store.js';
export {
  type CountedDeliveries,
  countedDeliveries,
  type DeliveryTally,
  PACE_MINUTES,
  skipTallies,
  type SkipTally,
  talliesAt,
} from './tally.store.js';
export {
  type DeliveryPlace,
  type DeliveryRecord,
  type Happening,
  type Person,
  TimelineStore,
} from './timeline.store.js';
