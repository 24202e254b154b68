import { asksForAck, stepsBehind } from './graph.js';
import type { UncheckedDefinition, UncheckedStep } from './types.js';
import type { Violations } from './violation.js';

/** What a sound graph may still lack: something that reaches people, and time for them to act. */
export function checkMeaning({ steps }: UncheckedDefinition, at: Violations): void {
  if (!steps.some(reachesSomebody)) {
    return at.add('must contain a step that sends: DEADLINE_CHECK and MARK_MISSED alone reach no recipient');
  }
  steps.forEach((step, index) => checkMessageBefore(steps, step, at.at(index)));
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

/** What chases recipients is about a message that they have. */
function checkMessageBefore(
  steps: readonly UncheckedStep[],
  { id, type }: UncheckedStep,
  at: Violations,
): void {
  if (type !== 'SEND_REMINDER' && type !== 'ESCALATE') return;
  at.require(
    steps.some((step) => step.type === 'SEND_NOTIFICATION' && stepsBehind(steps, step.id).has(id)),
    `has no message to follow up on: a ${type} step needs a SEND_NOTIFICATION step before it`,
  );
}

function reachesSomebody({ type }: UncheckedStep): boolean {
  return type !== 'DEADLINE_CHECK' && type !== 'MARK_MISSED';
}

/** Steps that take time, in which recipients can act. */
function holdsThePath({ config }: UncheckedStep): boolean {
  return config?.kind === 'DEADLINE_CHECK' || (config?.kind === 'ESCALATE' && config.repeatCount > 0);
}
