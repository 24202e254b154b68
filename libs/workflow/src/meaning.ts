import { asksForAck, stepsBehind } from './graph.js';
import type { UncheckedDefinition, UncheckedStep } from './types.js';
import type { Violations } from './violation.js';

/** What a sound graph may still lack: something that reaches people, and time for them to act. */
export function checkMeaning({ steps }: UncheckedDefinition, at: Violations): void {
  if (!steps.some(reachesSomebody)) {
    return at.add('must send something: DEADLINE_CHECK and MARK_MISSED alone reach nobody');
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
        'asks for an acknowledgement, but the campaign ends before anybody can give one: ' +
          'let a DEADLINE_CHECK follow, or leave the action out',
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
