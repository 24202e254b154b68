import { Injectable } from '@nestjs/common';

/** A step back of the database's clock by less is made up for by waiting. */
const SET_BACK_MS = 60_000;

/**
 * The one source of "now" for decisions. It is the database's time, which all processes share: this machine's own clock
 * may be wrong, or be set while we run, and is not asked again after the start. Tests move it instead of waiting.
 */
@Injectable()
export class Clock {
  /** Between the database's time and ours. */
  private correction = 0;
  private offset = 0;
  private readonly setBackListeners: (() => void)[] = [];

  now(): Date {
    return new Date(this.unmoved() + this.offset);
  }

  /** By how many milliseconds tests have moved the clock away from the database's. */
  get travelled(): number {
    return this.offset;
  }

  /** Moves the clock forward for the rest of the process. */
  travel(milliseconds: number): void {
    this.offset += milliseconds;
  }

  /**
   * The database has told its time within the last `uncertaintyMs`: now is not before that, nor later than both together.
   * Within these bounds the clock stays as it is, so that each answer narrows and none makes it worse.
   */
  follow(databaseTime: Date, uncertaintyMs: number): void {
    const earliest = databaseTime.getTime();
    const now = this.unmoved();
    const right = Math.min(Math.max(now, earliest), earliest + uncertaintyMs);
    this.correction += right - now;
    if (now - right > SET_BACK_MS) for (const listener of this.setBackListeners) listener();
  }

  /** Told when the database's clock turns out to have been set back by more than a minute. */
  onSetBack(listener: () => void): void {
    this.setBackListeners.push(listener);
  }

  /** Steadily rising, whatever happens to the machine's clock. */
  private unmoved(): number {
    return performance.timeOrigin + performance.now() + this.correction;
  }
}
