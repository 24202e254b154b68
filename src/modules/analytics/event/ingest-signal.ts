import { Injectable } from '@nestjs/common';

/** Tells the drain of this process that this process has accepted events; other processes find them by looking. */
@Injectable()
export class IngestSignal {
  private readonly waiting = new Set<() => void>();

  announce(): void {
    for (const wake of this.waiting) wake();
  }

  /** Resolves at the next announcement, after `milliseconds`, or when the signal fires. */
  async next(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        this.waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      signal.addEventListener('abort', wake);
      this.waiting.add(wake);
    });
  }
}
