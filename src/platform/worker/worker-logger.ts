import { Logger, type LogLevel } from 'graphile-worker';
import type { PinoLogger } from 'nestjs-pino';

/** graphile-worker's log lines in ours: its chatter about single jobs is for debugging. */
export function workerLogger(log: PinoLogger): Logger {
  return new Logger((scope) => (level: LogLevel, message: string, meta) => {
    const fields = { ...scope, ...meta };
    if (level === 'error') log.error(fields, message);
    else if (level === 'warning') log.warn(fields, message);
    else log.debug(fields, message);
  });
}
