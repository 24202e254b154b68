import type { Answer } from './browser.js';
import type { EndReason } from './options.js';
import { saysStop } from './message.js';

/** What follows from an answer. */
export type Outcome =
  | { kind: 'next' }
  | { kind: 'again'; isTokenRefused?: true; isSlow?: true }
  | { kind: 'end'; reason: EndReason };

const end = (reason: EndReason): Outcome => ({ kind: 'end', reason });

/** Codes of Connect that another attempt may mend. */
const passing = new Set(['unavailable', 'deadline_exceeded', 'aborted', 'internal', 'unknown', 'canceled']);

/** Undefined: no answer came. */
export function outcomeOf(answer: Answer | undefined): Outcome {
  if (answer === undefined) return { kind: 'again' };
  if (answer.status === 200) return saysStop(answer.body) ? end('not-kept') : { kind: 'next' };
  const { code, details } = errorOf(answer.body);
  switch (code) {
    case 'unauthenticated':
      return { kind: 'again', isTokenRefused: true };
    case 'already_exists':
      // Another chunk has the number: this one is lost, the next ones are not.
      return { kind: 'next' };
    case 'resource_exhausted':
      return details.includes('RetryInfo') ? { kind: 'again', isSlow: true } : end('not-kept');
    case 'invalid_argument':
      return end('too-much');
    case undefined:
      // A proxy on the way answers.
      return answer.status === 429 || answer.status >= 500 ? { kind: 'again' } : end('refused');
    default:
      return passing.has(code) ? { kind: 'again' } : end('refused');
  }
}

/** Reads Connect's JSON, as far as it is needed; `details`: the JSON of all of them. */
function errorOf(body: Uint8Array): { code?: string; details: string } {
  try {
    const error: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof error !== 'object' || error === null) return { details: '' };
    const details = 'details' in error ? JSON.stringify(error.details) : '';
    return 'code' in error && typeof error.code === 'string' ? { code: error.code, details } : { details };
  } catch {
    return { details: '' };
  }
}
