import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { PersonCaller } from '../../../platform/caller/caller.js';
import type { Membership } from '../../../platform/caller/memberships.directory.js';
import { Clock } from '../../../platform/clock/clock.js';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { BreakGlassUseStore } from './break-glass-use.store.js';
import { entryOf } from './entry.rules.js';

/** Admits sessions to organizations. A session that uses break-glass access is noted before its first call is answered. */
@Injectable()
export class OrganizationEntry {
  private readonly noted = new LRUCache<string, true>({ max: 10_000 });

  constructor(
    private readonly uses: BreakGlassUseStore,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  pass(person: PersonCaller, membership: Membership): void | Promise<void> {
    const passwordsByDefault = this.config.dashboard.passwords;
    const entry = entryOf(person, membership, { now: this.clock.now(), passwordsByDefault });
    if (typeof entry !== 'string') throw entry;
    if (entry === 'usual' || this.noted.has(keyOf(person, membership))) return;
    return this.note(person, membership);
  }

  private async note(person: PersonCaller, membership: Membership): Promise<void> {
    await this.uses.note(membership.orgId, membership.userId, person.sessionId);
    this.noted.set(keyOf(person, membership), true);
  }
}

function keyOf({ sessionId }: PersonCaller, { orgId }: Membership): string {
  return `${orgId}/${sessionId}`;
}
