import { type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from '../config/index.js';
import { requestContext } from './request-context.js';

/** Secrets never reach a log line, whatever object is logged. */
const redact = [
  'authorization',
  '*.authorization',
  'headers.authorization',
  '*.push_token',
  '*.pushToken',
  '*.refresh_token',
  '*.refreshToken',
  '*.access_token',
  '*.password',
  '*.secret',
  'err.parameters',
  'err.query',
];

const standardOutput = 1;
const standardError = 2;

/** The log of a server, on standard output. */
export function createLogger(config: Pick<Config, 'log'>): Logger {
  return loggerTo(config, { destination: standardOutput, sync: false });
}

/** The log of a command that ends: written at once, to standard error, so that results can be piped. */
export function createCommandLogger(config: Pick<Config, 'log'>): Logger {
  return loggerTo(config, { destination: standardError, sync: true });
}

function loggerTo({ log }: Pick<Config, 'log'>, to: { destination: number; sync: boolean }): Logger {
  const options = {
    level: log.level,
    timestamp: stdTimeFunctions.isoTime,
    serializers: { err: errorForLog },
    redact: { paths: redact, censor: '[redacted]' },
    mixin: () => requestContext.getStore() ?? {},
  };
  const stream =
    log.format === 'pretty'
      ? pretty({ ...to, ignore: 'pid,hostname', singleLine: true })
      : pino.destination({ dest: to.destination, sync: true });
  return pino(options, stream);
}

/** pg hangs its whole client, with every statement that it prepared, on the error of a lost connection. */
function errorForLog(error: Error): object {
  return { ...stdSerializers.err(error), client: undefined };
}
