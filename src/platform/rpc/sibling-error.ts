import type { DescService } from '@bufbuild/protobuf';
import { Metadata, status } from '@grpc/grpc-js';
import { AppError } from '../errors/index.js';

/** Errors that a retry does not fix: the same call fails in the same way again. */
const lasting = [status.INVALID_ARGUMENT, status.INTERNAL];

/**
 * What a failed call to a sibling means for the calling code. Unavailable, too slow, certificate refused:
 * temporary, or to be fixed by an operator, so a job retries later.
 */
export function fromSibling(error: unknown, { name }: DescService): Error {
  if (!(error instanceof Error)) return new Error(`${name} failed: ${String(error)}`);
  const { code, metadata } = error as { code?: status; metadata?: unknown };
  // A broken connection counts as INTERNAL with some; what the sibling itself said has details.
  const said = metadata instanceof Metadata && metadata.get('grpc-status-details-bin').length > 0;
  if (said && code !== undefined && lasting.includes(code)) {
    return new Error(`${name} refused the call or failed: ${error.message}`, { cause: error });
  }
  return new AppError(
    'unavailable',
    'SIBLING_UNAVAILABLE',
    `${name} does not answer at the moment.`,
    {},
    error,
  );
}
