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

export function createLogger(config: Pick<Config, 'log'>): Logger {
  const stream =
    config.log.format === 'pretty' ? pretty({ ignore: 'pid,hostname', singleLine: true }) : undefined;
  const options = {
    level: config.log.level,
    timestamp: stdTimeFunctions.isoTime,
    serializers: { err: errorForLog },
    redact: { paths: redact, censor: '[redacted]' },
    mixin: () => requestContext.getStore() ?? {},
  };
  return stream ? pino(options, stream) : pino(options);
}

/** pg hangs its whole client, with every statement that it prepared, on the error of a lost connection. */
function errorForLog(error: Error): object {
  return { ...stdSerializers.err(error), client: undefined };
}
