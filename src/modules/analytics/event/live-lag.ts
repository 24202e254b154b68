import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/index.js';
import { drainSettings, IngestQueueStore } from './ingest-queue.store.js';

/** How far the drain is behind what SDKs send: what may wait is stored afterwards. */
@Injectable()
export class LiveLag {
  constructor(
    private readonly database: Database,
    private readonly queue: IngestQueueStore,
  ) {}

  /** How long the oldest accepted batch, of any project, has waited for the analytics store. */
  async seconds(): Promise<number> {
    return this.database.transaction({ ...drainSettings, readOnly: true }, (tx) => this.queue.oldestAge(tx));
  }
}
