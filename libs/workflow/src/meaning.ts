import { asksForAck, stepsBehind } from './graph.js';
import type { UncheckedDefinition, UncheckedStep } from './types.js';
import type { Violations } from './violation.js';

/** What a sound graph may still lack: something that reaches people, and time for them to act. */
export function checkMeaning({ steps }: UncheckedDefinition, at: Violations): void {
  if (!steps.some(reachesSomebody)) {
    return at.add('must contain a step that sends: DEADLINE_CHECK and MARK_MISSED alone reach no recipient');
  }
  const holding = steps.filter(holdsThePath).map(({ id }) => id);
  steps.forEach((step, index) => {
    if (!asksForAck(step)) return;
    const behind = stepsBehind(steps, step.id);
    if (holding.some((id) => behind.has(id))) return;
    at.at(index)
      .at('send_notification')
      .at('action_type')
      .add(
        'asks for an acknowledgement, but the campaign ends before a recipient can acknowledge: ' +
          'add a DEADLINE_CHECK after it, or remove the action',
      );
  });
}

function reachesSomebody({ type }: UncheckedStep): boolean {
  return type !== 'DEADLINE_CHECK' && type !== 'MARK_MISSED';
}

/** Steps that take time, in which recipients can act. */
function holdsThePath({ config }: UncheckedStep): boolean {
  return config?.kind === 'DEADLINE_CHECK' || (config?.kind === 'ESCALATE' && config.repeatCount > 0);
}
