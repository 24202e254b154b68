import { Injectable } from '@nestjs/common';

/** Where the drain puts events: the analytics store. */
@Injectable()
export abstract class EventSink {
  /**
   * Inserts rows of JSONCompactEachRow at once, or none of them. Resolves when they are stored. Rejects with what the
   * engine or the connection said; its `code` is the engine's number as digits, or one of Node's.
   */
  abstract insert(columns: readonly string[], rows: string, signal: AbortSignal): Promise<void>;

  /** Whether an insert that holds nothing succeeds: if not, no batch is at fault. */
  abstract takesInserts(): Promise<boolean>;
}
