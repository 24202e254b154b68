import { Injectable } from '@nestjs/common';

/** The one source of "now" for decisions; tests move it instead of waiting. */
@Injectable()
export class Clock {
  private offset = 0;

  now(): Date {
    return new Date(Date.now() + this.offset);
  }

  /** Moves the clock forward for the rest of the process. */
  travel(milliseconds: number): void {
    this.offset += milliseconds;
  }
}
