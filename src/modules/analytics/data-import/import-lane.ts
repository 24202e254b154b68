import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { LiveLag } from '../event/index.js';

/** Live events that wait longer go first. */
const MOST_LAG_SECONDS = 2;
/** Then an import stores a chunk, however long live events wait: it may be a batch that the store does not take. */
const MOST_PATIENCE_MS = 30_000;
const PAUSE_MS = 250;

/** Keeps what a process stores of imports behind its live events: so many events per second, and none while those wait. */
@Injectable()
export class ImportLane {
  private freeAt = 0;

  constructor(
    private readonly lag: LiveLag,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Resolves when so many events may be stored. */
  async turn(events: number, signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const pause = Math.max(0, this.freeAt - now);
    this.freeAt = Math.max(now, this.freeAt) + (events / this.config.ingest.importedPerSecond) * 1_000;
    if (pause > 0) await delay(pause, undefined, { signal });
    const until = performance.now() + MOST_PATIENCE_MS;
    while (performance.now() < until && (await this.lag.seconds()) > MOST_LAG_SECONDS)
      await delay(PAUSE_MS, undefined, { signal });
  }
}
