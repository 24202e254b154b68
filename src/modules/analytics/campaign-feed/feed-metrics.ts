import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/index.js';
import { Metrics } from '../../../platform/telemetry/metrics.js';
import { DeliveryEventStore, deliveryEventSettings } from '../../messaging/delivery/index.js';

/** Figures of the events of campaigns. Those of what waits are of the whole installation, told alike by every process. */
@Injectable()
export class FeedMetrics {
  readonly moved;

  constructor(database: Database, noted: DeliveryEventStore, metrics: Metrics) {
    this.moved = metrics.counter('campaign_feed_events_total', 'Events made of deliveries.', []);
    const length = metrics.gauge('campaign_feed_waiting', 'What waits to become an event of a campaign.');
    const age = metrics.gauge('campaign_feed_oldest_seconds', 'How long the oldest of these has waited.');
    metrics.onScrape(async () => {
      length.remove();
      age.remove();
      const { events, ageSeconds } = await database.transaction(deliveryEventSettings, (tx) =>
        noted.waiting(tx),
      );
      length.set(events);
      age.set(ageSeconds);
    });
  }
}
