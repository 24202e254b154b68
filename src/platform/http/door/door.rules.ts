import type { ErrorKind } from '../../errors/index.js';

/**
 * Which requests take a token of their address: whatever has a body, everything, or what may be a guess at a
 * credential.
 */
export type Counting = 'forms' | 'everything' | 'guesses';

/** Whether a request takes its token before anything else. A guess is counted where the credential is read. */
export function isCounted(counts: Counting, method: string): boolean {
  if (counts === 'guesses') return false;
  return counts === 'everything' || !['GET', 'HEAD', 'OPTIONS'].includes(method);
}

/** Whether an answer gives the token back: a page that did something made calls, which count by themselves. */
export function isRefunded(counts: Counting, method: string, status: number): boolean {
  return counts === 'forms' && isCounted(counts, method) && status < 400;
}

const statuses: Record<ErrorKind, number> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  failed_precondition: 409,
  // Tried again, it may succeed.
  aborted: 503,
  unavailable: 503,
  cancelled: 503,
  deadline_exceeded: 503,
  resource_exhausted: 429,
  unimplemented: 501,
  internal: 500,
};

/** The status in which plain HTTP says what a call says by its code. */
export function statusOf(kind: ErrorKind): number {
  return statuses[kind];
}

export interface DeclaredRoute {
  readonly method: string;
  readonly url: string;
  readonly hasDoor: boolean;
}

/** Deny by default: sentences for the operator, empty when every route declares its door. */
export function doorDefects(routes: readonly DeclaredRoute[]): string[] {
  return routes
    .filter(({ hasDoor }) => !hasDoor)
    .map(({ method, url }) => `${method} ${url} declares no door (@UseDoor, src/platform/http/door).`);
}
