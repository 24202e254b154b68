import { insertFailure } from '../event/index.js';
import type { RowName } from './profile-mirror.store.js';

/** Size of a block, which is one string. */
const MOST_BYTES_OF_BLOCK = 16 * 1024 * 1024;
const POSTPONED_MS = 60_000;
const MOST_POSTPONED = 1_000;
/** Rows that fail alone, in a round that has sent none. */
const MOST_FAILURES = 3;

interface Outcome {
  sent: number;
  postponed: number;
}

export interface MirroredTable<Changed, Row> {
  read(postponed: readonly RowName[]): Promise<Changed[]>;
  nameOf(changed: Changed): RowName;
  /** Throws for a row that cannot be sent. */
  rowOf(changed: Changed): Row;
  /** At least what the row takes as text. */
  bytesOf(changed: Changed): number;
  insert(rows: readonly Row[]): Promise<void>;
  mark(changed: readonly Changed[]): Promise<void>;
  onPostponed(error: unknown, changed: Changed): void;
}

/** Sends the changed rows of one table. A row that fails alone waits a minute, and holds up no other. */
export class MirrorSender<Changed, Row> {
  /** Until when, by organization and key. */
  private readonly postponed = new Map<string, { readonly name: RowName; readonly until: number }>();

  constructor(
    private readonly table: MirroredTable<Changed, Row>,
    private readonly signal: AbortSignal,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Returns how many rows there were.
   * @throws what the analytics store does while it is away, or takes no row at all.
   */
  async round(): Promise<number> {
    const changed = await this.table.read(this.waiting());
    const outcome: Outcome = { sent: 0, postponed: 0 };
    for (const block of blocksOf(changed, (row) => this.table.bytesOf(row))) await this.send(block, outcome);
    return changed.length;
  }

  private async send(block: readonly Changed[], outcome: Outcome): Promise<void> {
    try {
      await this.table.insert(block.map((row) => this.table.rowOf(row)));
    } catch (error) {
      if (this.signal.aborted || insertFailure(error as object) === 'away') throw error;
      const [first, ...others] = block;
      if (first === undefined) return;
      if (others.length === 0) return this.postpone(error, first, outcome);
      const half = Math.ceil(block.length / 2);
      await this.send(block.slice(0, half), outcome);
      return this.send(block.slice(half), outcome);
    }
    outcome.sent += block.length;
    await this.table.mark(block);
  }

  private postpone(error: unknown, changed: Changed, outcome: Outcome): void {
    const name = this.table.nameOf(changed);
    const [oldest] = this.postponed.keys();
    if (this.postponed.size >= MOST_POSTPONED && oldest !== undefined) this.postponed.delete(oldest);
    this.postponed.set(`${name.orgId}/${name.key}`, { name, until: this.now() + POSTPONED_MS });
    this.table.onPostponed(error, changed);
    outcome.postponed += 1;
    // It may be the store, and not the rows.
    if (outcome.sent === 0 && outcome.postponed >= MOST_FAILURES) throw error;
  }

  private waiting(): RowName[] {
    const now = this.now();
    for (const [key, { until }] of this.postponed) if (until <= now) this.postponed.delete(key);
    return [...this.postponed.values()].map(({ name }) => name);
  }
}

function blocksOf<Changed>(rows: readonly Changed[], bytesOf: (row: Changed) => number): Changed[][] {
  const blocks: Changed[][] = [];
  let left = 0;
  for (const row of rows) {
    const bytes = bytesOf(row);
    const open = bytes <= left ? blocks.at(-1) : undefined;
    if (open) open.push(row);
    else blocks.push([row]);
    left = (open ? left : MOST_BYTES_OF_BLOCK) - bytes;
  }
  return blocks;
}
