import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import type { JobContext } from '../../../platform/worker/index.js';
import { bodyOf, linesOf } from './batch-body.js';
import { type ErasedId, isRefused, personOfLine } from './erased-id.rules.js';
import {
  type WaitingBatch,
  WaitingEventsStore,
  type WaitingTable,
  waitingTables,
} from './waiting-events.store.js';
import { WriteTurnStore } from './write-turn.store.js';

const first = '00000000-0000-0000-0000-000000000000';

/** The person whose events leave the queue. */
export interface LeavingPerson {
  /** The project's number in the analytics store. */
  readonly project: number;
  readonly ids: ReadonlyMap<string, ErasedId>;
}

/** Events that wait in PostgreSQL: in the queue, and as dead letters. */
@Injectable()
export class WaitingEvents {
  constructor(
    private readonly store: WaitingEventsStore,
    private readonly turns: WriteTurnStore,
  ) {}

  /**
   * Takes the events of a person out, whose ids the drain and imports refuse by now. When it returns none of these has one
   * of them in hand.
   * `note` hears how many left, in the transaction in which they do.
   */
  async erase(
    person: LeavingPerson,
    { run, signal }: Pick<JobContext, 'run' | 'signal'>,
    note: (scope: Scope, events: number) => Promise<void>,
  ): Promise<void> {
    for (const table of waitingTables) {
      // What is accepted from here on meets a drain that knows the ids.
      const last = await run((scope) => this.store.last(scope, table, person.project));
      for (let after: string | undefined = first; last !== undefined && after !== undefined;) {
        signal.throwIfAborted();
        const place: { project: number; after: string; last: string } = {
          project: person.project,
          after,
          last,
        };
        after = await run(async (scope) => {
          const batches = await this.store.piece(scope, table, place);
          let left = 0;
          for (const batch of batches) left += await this.rewrite(scope, table, batch, person);
          if (left > 0) await note(scope, left);
          return batches.at(-1)?.id;
        });
      }
    }
    // An import asks for erased ids during its turn: one that asked before this erasure has ended now.
    await run((scope) => this.turns.take(scope, person.project));
  }

  /** Returns how many events left the batch. */
  private async rewrite(
    scope: Scope,
    table: WaitingTable,
    { id, body, receivedAt }: WaitingBatch,
    { ids }: LeavingPerson,
  ): Promise<number> {
    const lines = readableLines(body);
    if (!lines) {
      // The persons of an unreadable batch are unknown. The drain turns such a batch into a dead letter.
      if (table === 'ingest_dead_letter') await this.store.remove(scope, table, id);
      return 0;
    }
    const kept = lines.filter((line) => {
      const person = personOfLine(line);
      const erased = person && ids.get(person.id);
      return !erased || !isRefused(erased, { ...person, receivedAt: receivedAt.getTime() });
    });
    if (kept.length === lines.length) return 0;
    if (kept.length === 0) await this.store.remove(scope, table, id);
    else await this.store.rewrite(scope, table, id, bodyOf(kept));
    return lines.length - kept.length;
  }
}

function readableLines(body: Buffer): string[] | undefined {
  try {
    return linesOf(body);
  } catch {
    return undefined;
  }
}
