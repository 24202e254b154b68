import { Injectable } from '@nestjs/common';
import { decodeBody, insertTarget } from './batch-body.js';
import { BLOCK_MONTHS, cutBlocks, halve } from './blocks.rules.js';
import type { RefusedLines } from './erased-ids.js';
import { EventSink } from './event-sink.js';
import type { QueuedBatch } from './ingest-queue.store.js';
import { insertFailure } from './insert-failure.rules.js';

interface Refused {
  readonly batch: QueuedBatch;
  readonly error: unknown;
}

/** The result for each batch; a batch that is not named stays queued. */
export interface LoadReport {
  /** Stored. */
  readonly stored: readonly QueuedBatch[];
  /** The store takes others, but not these. */
  readonly refused: readonly Refused[];
  /** A batch in whose insert, alone in its block, the store broke off. */
  readonly strained?: Refused;
  /** Why loading ended before all blocks were tried. */
  readonly trouble?: unknown;
  /** A block of several batches was too much for the store. */
  readonly shrink: boolean;
}

const BLOCK_EVENTS = 50_000;

/** Puts batches into the analytics store, many at once, and finds the ones that it refuses. */
@Injectable()
export class BlockLoader {
  constructor(private readonly sink: EventSink) {}

  /** Whether the store takes rows that are right. */
  async takesInserts(): Promise<boolean> {
    return this.sink.takesInserts();
  }

  async load(
    batches: readonly QueuedBatch[],
    refused: RefusedLines,
    signal: AbortSignal,
  ): Promise<LoadReport> {
    const run = new LoadRun(this.sink, refused, signal);
    const readable = run.decode(batches);
    for (const block of cutBlocks(readable, { events: BLOCK_EVENTS, months: BLOCK_MONTHS })) {
      if (run.isOver || signal.aborted) break;
      await run.load(block);
    }
    return run.report();
  }
}

/** One claim's worth of blocks. */
class LoadRun {
  private readonly stored: QueuedBatch[] = [];
  private readonly suspects: Refused[] = [];
  private readonly unreadable: Refused[] = [];
  private readonly rows = new Map<QueuedBatch, string>();
  private strained: Refused | undefined;
  private trouble: unknown;
  private shrink = false;

  constructor(
    private readonly sink: EventSink,
    private readonly refused: RefusedLines,
    private readonly signal: AbortSignal,
  ) {}

  get isOver(): boolean {
    return this.trouble !== undefined;
  }

  /** Unpacks the batches and returns those that could be. */
  decode(batches: readonly QueuedBatch[]): readonly QueuedBatch[] {
    for (const batch of batches) {
      try {
        this.rows.set(batch, decodeBody(batch, batch.body, this.refused.keeperOf(batch)));
      } catch (error) {
        this.unreadable.push({ batch, error });
      }
    }
    return [...this.rows.keys()];
  }

  /** Inserts the block; of a refused one, each half. */
  async load(block: readonly QueuedBatch[]): Promise<void> {
    const error = await this.insert(block);
    if (error === undefined) {
      this.stored.push(...block);
      return;
    }
    const [first] = block;
    // Errors of the engine and of Node carry a code, our own a kind.
    const failure = insertFailure(error as { code?: unknown; kind?: unknown });
    if (failure === 'refused' && block.length === 1 && first) {
      this.suspects.push({ batch: first, error });
      return;
    }
    if (failure === 'refused') {
      for (const half of halve(block)) if (!this.isOver) await this.load(half);
      return;
    }
    this.trouble = error;
    if (failure === 'away') return;
    if (block.length > 1) this.shrink = true;
    else if (first) this.strained = { batch: first, error };
  }

  /** When nothing was stored, the batches are at fault only if the table takes inserts at all. */
  async report(): Promise<LoadReport> {
    const { stored, suspects, unreadable, strained, shrink } = this;
    const areAtFault = suspects.length > 0 && (stored.length > 0 || (await this.sink.takesInserts()));
    const trouble = areAtFault ? this.trouble : (this.trouble ?? suspects[0]?.error);
    return {
      stored,
      refused: areAtFault ? [...unreadable, ...suspects] : unreadable,
      strained,
      trouble,
      shrink,
    };
  }

  private async insert(block: readonly QueuedBatch[]): Promise<Error | undefined> {
    const [first] = block;
    if (!first) return undefined;
    try {
      const rows = block.map((batch) => this.rows.get(batch)).join('');
      // All lines belong to erased persons.
      if (rows === '') return undefined;
      await this.sink.insert(insertTarget(first.layout), rows, this.signal);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}
