import { LRUCache } from 'lru-cache';
import type { RevocationFeed } from './revocation-feed.js';

/** How long a found credential may be remembered while the revocation feed is heard. */
const TTL_MS = 30_000;

/** An entry may live longer by this: lru-cache sets a timer for each step of its clock, and a small step means many. */
const TTL_RESOLUTION_MS = 500;

/**
 * Remembers what was found for a credential, for as long as its revocation would be heard. While the feed is
 * silent nothing is remembered: every call asks the database, and a revocation still holds at once.
 */
export class CredentialCache<T extends object> {
  private readonly entries: LRUCache<string, T>;
  private generation = 0;

  constructor(
    private readonly feed: RevocationFeed,
    /** What a remembered value depends on: the subjects whose revocation drops it. */
    private readonly subjectsOf: (value: T) => readonly string[],
    max = 20_000,
  ) {
    this.entries = new LRUCache({ max, ttl: TTL_MS - TTL_RESOLUTION_MS, ttlResolution: TTL_RESOLUTION_MS });
    feed.onRevoked((subject) => this.drop(subject));
    feed.onLost(() => this.clear());
  }

  /** What `get` would answer without loading. */
  recall(key: string): T | undefined {
    return this.feed.heard ? this.entries.get(key) : undefined;
  }

  async get(key: string, load: () => Promise<T | undefined>): Promise<T | undefined> {
    const known = this.recall(key);
    if (known) return known;
    if (!this.feed.heard) return load();
    // A revocation that arrives while we load must not be undone by what we loaded before it.
    const { generation } = this;
    const value = await load();
    if (value && generation === this.generation && this.feed.heard) this.entries.set(key, value);
    return value;
  }

  private drop(subject: string): void {
    this.generation += 1;
    for (const [key, value] of this.entries.entries()) {
      if (this.subjectsOf(value).includes(subject)) this.entries.delete(key);
    }
  }

  private clear(): void {
    this.generation += 1;
    this.entries.clear();
  }
}
