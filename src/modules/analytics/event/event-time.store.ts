import { Injectable } from '@nestjs/common';
import { statement, type Transaction } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import type { EventDraft } from './event-draft.js';
import { hashOfText } from './text-hash.js';

// Two requests with the same ids lock them in one order, and the second finds the times of the first. Setting what is set
// already makes the statement return it.
const settle = statement(
  'event_time.settle',
  `insert into event_time (org_id, project, event_hash, occur_time, noted_at)
   select $1, $2, hash, $4, $4 from unnest($3::uuid[]) hash order by hash
   on conflict (org_id, project, event_hash) do update set noted_at = event_time.noted_at
   returning event_hash as hash, occur_time as "occurTime"`,
);

const purge = statement(
  'event_time.purge',
  `delete from event_time where (org_id, project, event_hash) in (
     select org_id, project, event_hash from event_time
      where noted_at < now() - interval '1 hour' order by noted_at limit $1 for update skip locked)`,
);

/** The time of events that came with an id and without a time. */
@Injectable()
export class EventTimeStore {
  /** Gives each draft the time at which its id was first seen within an hour. */
  async settle(scope: Scope, drafts: readonly EventDraft[]): Promise<void> {
    const byHash = new Map<string, EventDraft[]>();
    for (const draft of drafts) {
      const hash = hashOfText(draft.eventId);
      byHash.set(hash, [...(byHash.get(hash) ?? []), draft]);
    }
    const tx = await scope.tx();
    const known = await tx.query<{ hash: string; occurTime: Date }>(settle, [
      scope.orgId,
      scope.project.number,
      [...byHash.keys()],
      scope.now(),
    ]);
    for (const { hash, occurTime } of known)
      for (const draft of byHash.get(hash) ?? []) draft.occurTime = occurTime.getTime();
  }

  /** Deletes at most so many, the oldest first, and returns how many. In a transaction with `drainSettings`. */
  async purge(tx: Transaction, limit: number): Promise<number> {
    return (await tx.execute(purge, [limit])).rowCount ?? 0;
  }
}
