import type { FieldViolation } from '../../../platform/errors/index.js';

/** More than any answer carries: a message whose every part is wrong does not fill the memory. */
const MOST = 10_000;

/** What is wrong with the events of a message, by path (`events[0].kind`). */
export class EventViolations {
  readonly found: FieldViolation[] = [];

  get isFull(): boolean {
    return this.found.length >= MOST;
  }

  add(index: number, path: string, description: string): void {
    if (!this.isFull) this.found.push({ field: `events[${index}]${path}`, description });
  }
}
