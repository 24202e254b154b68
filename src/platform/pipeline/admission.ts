import type { Call } from './call.js';

/** One condition of admission. It judges a call by its header: the message has not been read yet. */
export interface AdmissionStep {
  /** Throws the refusal. Returns a promise only when it has to wait. */
  admit(call: Call): void | Promise<void>;
}

/** Asks the steps in their order; the first refusal is thrown. */
export function admit(steps: readonly AdmissionStep[], call: Call): void | Promise<void> {
  for (const [index, step] of steps.entries()) {
    const pending = step.admit(call);
    if (pending) return pending.then(() => admit(steps.slice(index + 1), call));
  }
}
