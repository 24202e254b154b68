import { Injectable } from '@nestjs/common';
import { Logger } from 'nestjs-pino';

/** Nest's own log lines in ours. What it tells about its start is for debugging: the greeting must not drown in it. */
@Injectable()
export class FrameworkLogger extends Logger {
  override log(message: unknown, ...optional: unknown[]): void {
    this.debug(message, ...optional);
  }

  override error(message: unknown, ...optional: unknown[]): void {
    // What Nest throws as well reaches the operator once, as a sentence where we have one.
    if (optional.includes('ExceptionHandler')) this.debug(message, ...optional);
    else super.error(message, ...optional);
  }
}
