import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import {
  AnalyticsStore,
  type PersonAliasRow,
  personAliasTarget,
  type ProfileRow,
  profileTarget,
} from '../../../platform/analytics-store/index.js';
import { Database, type Transaction } from '../../../platform/database/index.js';
import { type ContinuousWork, Rounds, RunsContinuously } from '../../../platform/worker/index.js';
import { engineTime, numericReading } from '../event/index.js';
import { type MirroredTable, MirrorSender } from './mirror-sender.js';
import {
  type ChangedAlias,
  type ChangedProfile,
  mirrorSettings,
  ProfileMirrorStore,
} from './profile-mirror.store.js';
import { flatBytes, flatTraits } from './traits.rules.js';

const IDLE_MS = 250;
/** Between two rounds with something to do: each makes two parts in the analytics store. */
const BUSY_MS = 500;
const MOST_TROUBLE_MS = 5_000;
/** More than any profile may have; one that has more is not serialized. */
const MOST_BYTES_OF_ROW = 1024 * 1024;

/**
 * Tells the analytics store who the persons are. Holds no lock while it inserts; what is inserted twice, or in another
 * order, is told apart by its version.
 */
@Injectable()
@RunsContinuously()
export class ProfileMirror implements ContinuousWork {
  private readonly rounds = new Rounds(() => this.round());
  private readonly profiles = new MirrorSender(this.profileTable(), this.rounds.signal);
  private readonly aliases = new MirrorSender(this.aliasTable(), this.rounds.signal);
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
    this.rounds.start();
  }

  /** Breaks off an insert in hand, which another worker repeats. */
  async stop(): Promise<void> {
    await this.rounds.stop();
  }

  /** Returns how long to rest afterwards, in milliseconds. Profiles and aliases do not wait for each other. */
  private async round(): Promise<number> {
    const results = await Promise.allSettled([this.profiles.round(), this.aliases.round()]);
    if (this.rounds.signal.aborted) return 0;
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) {
      this.troubles += 1;
      this.log.warn(
        { err: failed.reason as unknown, troubles: this.troubles },
        'profiles cannot be mirrored to the analytics store',
      );
      return Math.min(MOST_TROUBLE_MS, IDLE_MS * 2 ** this.troubles);
    }
    this.troubles = 0;
    return results.some((result) => result.status === 'fulfilled' && result.value > 0) ? BUSY_MS : IDLE_MS;
  }

  private transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction(mirrorSettings, work);
  }

  private profileTable(): MirroredTable<ChangedProfile, ProfileRow> {
    const { signal } = this.rounds;
    return {
      read: (postponed) => this.transaction((tx) => this.store.profiles(tx, postponed)),
      nameOf: ({ orgId, id }) => ({ orgId, key: id }),
      rowOf: profileRow,
      bytesOf: ({ externalId, properties }) => externalId.length + flatBytes(properties, MOST_BYTES_OF_ROW),
      insert: (rows) => this.analytics.insert(profileTarget, rows, { signal }),
      mark: (sent) => this.transaction((tx) => this.store.markProfiles(tx, sent)),
      onPostponed: (err, { orgId, id }) => this.log.error({ err, orgId, id }, 'profile cannot be mirrored'),
    };
  }

  private aliasTable(): MirroredTable<ChangedAlias, PersonAliasRow> {
    const { signal } = this.rounds;
    return {
      read: (postponed) => this.transaction((tx) => this.store.aliases(tx, postponed)),
      nameOf: ({ orgId, alias }) => ({ orgId, key: alias }),
      rowOf: ({ project, alias, profileId, version }) => ({
        project,
        distinct_id: alias,
        profile_id: profileId,
        version,
      }),
      bytesOf: ({ alias }) => alias.length,
      insert: (rows) => this.analytics.insert(personAliasTarget, rows, { signal }),
      mark: (sent) => this.transaction((tx) => this.store.markAliases(tx, sent)),
      onPostponed: (err, { orgId, profileId }) =>
        this.log.error({ err, orgId, profileId }, 'alias of a profile cannot be mirrored'),
    };
  }
}

function profileRow(profile: ChangedProfile): ProfileRow {
  const { project, id, externalId, properties, isGone, createdAt, version } = profile;
  if (flatBytes(properties, MOST_BYTES_OF_ROW) > MOST_BYTES_OF_ROW)
    throw new RangeError(`The profile has more than ${MOST_BYTES_OF_ROW} bytes of traits.`);
  const flat = flatTraits(properties, numericReading);
  return {
    project,
    profile_id: id,
    external_id: externalId,
    properties: flat.properties,
    numbers: flat.numbers,
    numeric_texts: flat.numericTexts,
    deleted: isGone,
    created_at: engineTime(createdAt.getTime()),
    version,
  };
}
