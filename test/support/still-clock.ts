import { Clock } from '../../src/platform/clock/clock.js';

/** Stands still until it is moved, however long the spec takes. */
export class StillClock extends Clock {
  private readonly start: number;

  constructor(start = Date.now()) {
    super();
    this.start = start;
  }

  override now(): Date {
    return new Date(this.start + this.travelled);
  }
}
