import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/index.js';
import { type QueuedRow, readBody } from './batch-body.js';
import { type DeadLetter, DeadLetterStore, type Replay } from './dead-letter.store.js';
import { drainSettings } from './ingest-queue.store.js';

/** A dead letter and the events in it. */
export interface OpenedDeadLetter {
  readonly letter: DeadLetter;
  /** Undefined when they cannot be read. */
  readonly rows: readonly QueuedRow[] | undefined;
}

/** What an operator does with the batches that the analytics store refused, of whatever organization. */
@Injectable()
export class DeadLetters {
  constructor(
    private readonly database: Database,
    private readonly store: DeadLetterStore,
  ) {}

  /** For a command that runs without the application. */
  static over(database: Database): DeadLetters {
    return new DeadLetters(database, new DeadLetterStore());
  }

  /** The oldest first. */
  async list(limit: number): Promise<readonly DeadLetter[]> {
    return this.database.transaction(drainSettings, (tx) => this.store.list(tx, limit));
  }

  async count(): Promise<number> {
    return this.database.transaction(drainSettings, (tx) => this.store.count(tx));
  }

  async open(id: string): Promise<OpenedDeadLetter | undefined> {
    const letter = await this.database.transaction(drainSettings, (tx) => this.store.find(tx, id));
    return letter && { letter, rows: rowsOf(letter) };
  }

  /**
   * Queues one again, or all without an id, unless their projects were deleted. The events keep the time of their receipt.
   * A transaction for each project: none waits for the deletion of another.
   */
  async replay(id?: string): Promise<Replay> {
    const owners = await this.database.transaction(drainSettings, (tx) => this.store.owners(tx, id));
    const total = { queued: 0, refused: 0 };
    for (const owner of owners) {
      const { orgId } = owner;
      const part = await this.database.transaction({ orgId, kind: 'job' }, (tx) =>
        this.store.replay(tx, owner, id),
      );
      total.queued += part.queued;
      total.refused += part.refused;
    }
    return total;
  }

  /** Deletes one for good, or all without an id; returns how many. */
  async drop(id?: string): Promise<number> {
    return this.database.transaction(drainSettings, (tx) => this.store.drop(tx, id));
  }
}

function rowsOf(
  letter: Parameters<typeof readBody>[0] & Parameters<typeof readBody>[1],
): QueuedRow[] | undefined {
  try {
    return readBody(letter, letter);
  } catch {
    return undefined;
  }
}
