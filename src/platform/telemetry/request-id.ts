import { randomUUID } from 'node:crypto';

export const requestIdHeader = 'x-request-id';
const acceptable = /^[\w.:-]{1,64}$/;

/** The client's own request id when it is harmless in a log, otherwise a new one. */
export function requestIdOf(presented: string | null | undefined): string {
  return presented && acceptable.test(presented) ? presented : randomUUID();
}
