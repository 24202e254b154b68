import { ConfigError } from '../platform/config/index.js';
import { BackupError } from '../platform/backup/backup-target.js';
import { EmbeddedPostgresError } from '../platform/database/embedded/index.js';
import { ObstacleError } from '../platform/database/obstacle.js';
import { AppError } from '../platform/errors/index.js';

/** A command cannot do what it was asked to; the message is for the person at the keyboard. */
export class CommandError extends Error {
  override name = 'CommandError';
}

const written = [BackupError, EmbeddedPostgresError, CommandError, ObstacleError, AppError];

/** What a failed command prints: sentences where an operator can mend it, the stack where only we can. */
export function explain(error: unknown): string {
  if (error instanceof ConfigError) {
    const sentences = error.problems.map((problem) => `  ${problem}`);
    return ['The configuration cannot be used:', ...sentences, 'See "dovecote config".'].join('\n');
  }
  if (written.some((known) => error instanceof known)) return (error as Error).message;
  if (Object.hasOwn(error as object, '$metadata'))
    return `The object store refuses: ${(error as Error).name}: ${(error as Error).message}`;
  return explainDatabase(error) ?? explainSystem(error) ?? stackOf(error);
}

/** Codes of PostgreSQL, by their beginning, that tell of the operator's side and not of our statements. */
const operatorCodes = ['08', '25006', '28', '3D', '42501', '53', '57', '58'];

function explainDatabase(error: unknown): string | undefined {
  const { code = '', message, severity } = error as { code?: string; message: string; severity?: string };
  if (severity !== undefined && operatorCodes.some((beginning) => code.startsWith(beginning)))
    return `The database refuses: ${message}. "dovecote doctor" says more.`;
  // pg reports a timeout, or a server without TLS, by the message alone.
  const unreachable = /^(timeout expired|Connection terminated|The server does not support SSL)/.test(
    message,
  );
  return unreachable ? `The database cannot be reached: ${message}. "dovecote doctor" says more.` : undefined;
}

/** When all addresses of a host fail, the AggregateError has no message. */
function explainSystem(error: unknown): string | undefined {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error)) return undefined;
  const { code, syscall, message } = first as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return explainCertificate(code, message);
  if (syscall === 'listen' || syscall === 'bind')
    return `The port cannot be opened: ${message}. Choose another PORT or HOST, or stop what uses it.`;
  const reaches = ['connect', 'getaddrinfo', 'read', 'write'].includes(syscall);
  return reaches
    ? `The database, or another server that this one needs, cannot be reached: ${message}. "dovecote doctor" says more.`
    : `${message}.`;
}

function explainCertificate(code: string | undefined, message: string): string | undefined {
  const refused = code !== undefined && /CERT|ERR_(OSSL|TLS|SSL)/.test(code);
  return refused ? `A certificate or key cannot be used: ${message}.` : undefined;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
