import { AppError } from '../../../platform/errors/index.js';

/** What a tile shows in place of an answer. Nothing about the server: the text may be read by everybody who has a link. */
export function messageOf(error: unknown): string {
  if (!(error instanceof AppError) || error.kind === 'internal') return 'query failed';
  // It begins with "invalid query parameters".
  if (error.kind === 'invalid_argument') return error.message;
  return `query failed: ${error.message}`;
}
