import { validate as isUuid } from 'uuid';
import { invalidArgument } from '../errors/index.js';
import type { Call } from './call.js';

/** The organization that the caller asks to act in. */
export function orgIdHeader(call: Call): string | undefined {
  const header = call.rpc.header.get('x-org-id');
  if (header === null) return undefined;
  if (isUuid(header)) return header.toLowerCase();
  throw invalidArgument([{ field: 'x-org-id', description: 'must be the id of an organization' }]);
}
