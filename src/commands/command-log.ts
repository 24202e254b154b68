import { pino } from 'pino';
import type { Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../platform/config/index.js';

/** The log of a command that ends: written at once, to standard error, so that results can be piped. */
export function commandLog({ log }: Config): Logger {
  const toStandardError = { destination: 2, sync: true };
  return log.format === 'pretty'
    ? pino(
        { level: log.level },
        pretty({ ...toStandardError, ignore: 'pid,hostname', translateTime: 'HH:MM:ss' }),
      )
    : pino({ level: log.level }, pino.destination({ dest: 2, sync: true }));
}
