/** Jobs that a lane of this process works on, by their ids in the queue. */
export class JobsAtHand {
  private readonly running = new Set<string>();
  /** When each ended, by performance.now(), the oldest first. */
  private readonly ended = new Map<string, number>();

  begin(id: string): void {
    this.running.add(id);
  }

  end(id: string): void {
    this.running.delete(id);
    this.ended.delete(id);
    this.ended.set(id, performance.now());
  }

  /** Works on it, or has ended it so lately that PostgreSQL may not know it yet. */
  has(id: string): boolean {
    return this.running.has(id) || this.ended.has(id);
  }

  /** Those that have ended longer ago than that. */
  forget(milliseconds: number): void {
    const until = performance.now() - milliseconds;
    for (const [id, at] of this.ended) {
      if (at > until) return;
      this.ended.delete(id);
    }
  }
}
