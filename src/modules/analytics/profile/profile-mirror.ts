import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AnalyticsStore, personAliasTarget, profileTarget } from '../../../platform/analytics-store/index.js';
import { Database } from '../../../platform/database/index.js';
import { type ContinuousWork, RunsContinuously } from '../../../platform/worker/index.js';
import { numericReading } from '../event/index.js';
import { mirrorSettings, ProfileMirrorStore } from './profile-mirror.store.js';
import { flatTraits } from './traits.rules.js';

const IDLE_MS = 250;
/** Between two rounds with something to do: each makes two parts in the analytics store. */
const BUSY_MS = 500;
const MOST_TROUBLE_MS = 5_000;

/**
 * Tells the analytics store who the persons are. Holds no lock while it inserts; what is inserted twice, or in another
 * order, is told apart by its version.
 */
@Injectable()
@RunsContinuously()
export class ProfileMirror implements ContinuousWork {
  private running: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();
  private troubles = 0;

  constructor(
    private readonly database: Database,
    private readonly store: ProfileMirrorStore,
    private readonly analytics: AnalyticsStore,
    private readonly log: PinoLogger,
  ) {
    log.setContext('profile-mirror');
  }

  async start(): Promise<void> {
    this.running = this.run();
  }

  /** Breaks off an insert in hand, which another worker repeats. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) await delay(await this.round(), undefined, { signal }).catch(() => undefined);
  }

  /** Returns how long to rest afterwards, in milliseconds. */
  private async round(): Promise<number> {
    try {
      const sent = (await this.sendProfiles()) + (await this.sendAliases());
      this.troubles = 0;
      return sent > 0 ? BUSY_MS : IDLE_MS;
    } catch (error) {
      if (this.stopping.signal.aborted) return 0;
      this.troubles += 1;
      this.log.warn(
        { err: error, troubles: this.troubles },
        'profiles cannot be mirrored to the analytics store',
      );
      return Math.min(MOST_TROUBLE_MS, IDLE_MS * 2 ** this.troubles);
    }
  }

  private async sendProfiles(): Promise<number> {
    const changed = await this.database.transaction(mirrorSettings, (tx) => this.store.profiles(tx));
    if (changed.length === 0) return 0;
    const rows = changed.map(({ project, id, externalId, properties, isGone, version }) => ({
      project,
      profile_id: id,
      external_id: externalId,
      ...flatTraits(properties, numericReading),
      deleted: isGone,
      version,
    }));
    await this.analytics.insert(profileTarget, rows, { signal: this.stopping.signal });
    await this.database.transaction(mirrorSettings, (tx) => this.store.markProfiles(tx, changed));
    return changed.length;
  }

  private async sendAliases(): Promise<number> {
    const changed = await this.database.transaction(mirrorSettings, (tx) => this.store.aliases(tx));
    if (changed.length === 0) return 0;
    const rows = changed.map(({ project, alias, profileId, version }) => ({
      project,
      distinct_id: alias,
      profile_id: profileId,
      version,
    }));
    await this.analytics.insert(personAliasTarget, rows, { signal: this.stopping.signal });
    await this.database.transaction(mirrorSettings, (tx) => this.store.markAliases(tx, changed));
    return changed.length;
  }
}
