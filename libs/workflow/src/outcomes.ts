import type { StepType, UncheckedStep } from './types.js';

/** What every step ends with unless it says otherwise, and what a label without a transition falls back to. */
export const COMPLETED = 'completed';
/** A DEADLINE_CHECK ended early: no recipient can act any longer. */
export const ALL_ACTED = 'all_acted';
/** A CALL_WEBHOOK was not answered with success. */
export const FAILED = 'failed';

const outcomes: Record<StepType, readonly string[]> = {
  SEND_NOTIFICATION: [COMPLETED],
  DEADLINE_CHECK: [COMPLETED, ALL_ACTED],
  SEND_REMINDER: [COMPLETED],
  CALL_WEBHOOK: [COMPLETED, FAILED],
  MARK_MISSED: [COMPLETED],
  ESCALATE: [COMPLETED],
};

/** The labels that a step of the type can end with; none for what is no type. */
export function outcomesOf(type: UncheckedStep['type']): readonly string[] {
  return type !== 'UNSPECIFIED' && Object.hasOwn(outcomes, type) ? outcomes[type] : [];
}
