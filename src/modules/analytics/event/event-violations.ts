import type { FieldViolation } from '../../../platform/errors/index.js';

/** An answer carries no more than this: looking for further ones would only cost. */
const MOST = 100;

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
