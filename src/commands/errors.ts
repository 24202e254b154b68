import { ConfigError } from '../platform/config/index.js';
import { EmbeddedPostgresError } from '../platform/database/embedded/index.js';

/** A command cannot do what it was asked to; the message is for the person at the keyboard. */
export class CommandError extends Error {
  override name = 'CommandError';
}

/** What a failed command prints: sentences where we know what happened, the stack where we do not. */
export function explain(error: unknown): string {
  if (error instanceof ConfigError) {
    const sentences = error.problems.map((problem) => `  ${problem}`);
    return ['The configuration cannot be used:', ...sentences, 'See "dovecote config".'].join('\n');
  }
  if (error instanceof EmbeddedPostgresError || error instanceof CommandError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === '28P01' || code === '3D000') {
    return `The database cannot be reached: ${message || code}. "dovecote doctor" says more.`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
