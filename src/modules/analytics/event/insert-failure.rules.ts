/**
 * What a failed insert says about its block.
 *
 * - `away`: nothing; the analytics store is not there or takes nothing at the moment. The block waits.
 * - `strained`: perhaps that it is too much; the store broke off in the middle. A smaller block is tried.
 * - `refused`: that the store does not take it. Its halves are tried, down to the batch that is at fault.
 */
export type InsertFailure = 'away' | 'strained' | 'refused';

/**
 * Codes of exceptions by which the engine says that no insert would succeed now: no space, read-only, too many parts,
 * too many queries, a lost coordinator, a server behind this one that is away, shutting down, wrong credentials.
 */
const awayCodes = new Set(
  [48, 60, 75, 81, 164, 165, 192, 193, 194, 195, 202, 203, 209, 210, 225, 236, 242, 243, 252, 279, 285, 319]
    .concat([360, 394, 425, 428, 439, 497, 516, 598, 999, 1000, 1001])
    .map(String),
);
/** Out of time or memory. */
const strainedCodes = new Set(['159', '173', '241']);
/** Codes of Node when no server listens. Any other failure of a connection may be the effect of the insert. */
const unreachable = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);

/** Judges by `code`, digits being the engine's own and all others Node's, and by the `kind` of our own errors. */
export function insertFailure({
  code = '',
  kind,
}: {
  readonly code?: unknown;
  readonly kind?: unknown;
}): InsertFailure {
  if (kind === 'unavailable') return 'away';
  if (typeof code !== 'string') return 'strained';
  if (awayCodes.has(code) || unreachable.has(code)) return 'away';
  return /^\d+$/.test(code) && !strainedCodes.has(code) ? 'refused' : 'strained';
}
