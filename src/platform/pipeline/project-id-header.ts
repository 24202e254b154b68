import { validate as isUuid } from 'uuid';
import { type AppError, unauthenticated } from '../errors/index.js';
import type { Call } from './call.js';

/** The project that the caller asks to act in, a UUID in lower case; refused without one. */
export function projectIdHeader({ rpc }: Call): string {
  const header = rpc.header.get('x-project-id');
  if (!header) throw projectIdMissing();
  if (!isUuid(header)) throw projectNotAccessible();
  return header.toLowerCase();
}

export function projectIdMissing(): AppError {
  return unauthenticated('PROJECT_ID_MISSING', 'x-project-id header is required');
}

/** One answer for what does not exist, what is not the key's and what is not the caller's: projects cannot be probed. */
export function projectNotAccessible(): AppError {
  return unauthenticated('PROJECT_NOT_ACCESSIBLE', 'project not found or access denied');
}
