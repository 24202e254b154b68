import { type Logger, pino, stdTimeFunctions } from 'pino';
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
    redact: { paths: redact, censor: '[redacted]' },
    mixin: () => requestContext.getStore() ?? {},
  };
  return stream ? pino(options, stream) : pino(options);
}
