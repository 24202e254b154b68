import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Scope } from '../../../platform/scope/index.js';
import { AudienceStore, type CountedSize } from './audience.store.js';
import type { CampaignView } from './campaign.js';

/** Some 200 bytes each. */
const MOST_REMEMBERED = 50_000;

/**
 * The current sizes of audiences, counted once for each version of reachability. A frozen audience never changes
 * under its snapshot ref, and a version that was rolled back never comes again: a remembered size is exact.
 */
@Injectable()
export class AudienceSizes {
  private readonly counted = new LRUCache<string, CountedSize>({ max: MOST_REMEMBERED });

  constructor(private readonly audiences: AudienceStore) {}

  /** By the id of the campaign. */
  async current(scope: Scope, campaigns: readonly CampaignView[]): Promise<Map<string, number>> {
    const stale = campaigns.filter(
      ({ audienceSnapshotRef, reachabilityVersion }) =>
        this.counted.get(audienceSnapshotRef)?.version !== reachabilityVersion,
    );
    const fresh = await this.audiences.countCurrentSizes(scope, stale);
    return new Map(
      campaigns.flatMap(({ id, audienceSnapshotRef }) => {
        const counted = fresh.get(id) ?? this.counted.get(audienceSnapshotRef);
        if (!counted) return [];
        this.counted.set(audienceSnapshotRef, counted);
        return [[id, counted.size]];
      }),
    );
  }
}
