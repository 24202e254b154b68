import { COMPLETED } from './outcomes.js';
import type { Step, UncheckedStep, WorkflowDefinition } from './types.js';

/** The reserved target that ends the path, as an absent transition does. */
export const END = 'end';

export function firstStep(definition: WorkflowDefinition): Step | undefined {
  return definition.steps[0];
}

export function stepById(definition: WorkflowDefinition, id: string): Step | undefined {
  return definition.steps.find((step) => step.id === id);
}

/** The step that follows, undefined when the path ends. */
export function next(definition: WorkflowDefinition, stepId: string, outcome: string): Step | undefined {
  const step = stepById(definition, stepId);
  if (!step) return undefined;
  const target = ownEntry(step.transitions, outcome) ?? ownEntry(step.transitions, COMPLETED);
  return target === undefined || target === END ? undefined : stepById(definition, target);
}

/** Ids of the steps that any path from the step leads to, itself excepted. Targets that do not exist are left out. */
export function stepsBehind(steps: readonly UncheckedStep[], stepId: string): Set<string> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const found = new Set<string>();
  const open = [stepId];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const target of Object.values(byId.get(id)?.transitions ?? {})) {
      if (found.has(target) || !byId.has(target)) continue;
      found.add(target);
      open.push(target);
    }
  }
  return found;
}

export function asksForAck({ config }: UncheckedStep): boolean {
  return config?.kind === 'SEND_NOTIFICATION' && config.actionType === 'ACK';
}

/** The steps whose messages ask for an acknowledgement: the ones that can be missed. */
export function askingSteps({ steps }: WorkflowDefinition): string[] {
  return steps.filter(asksForAck).map(({ id }) => id);
}

/**
 * The steps whose recipients a deadline waits for: earlier steps that ask for an acknowledgement; without
 * any, all earlier steps that send. Recipients of the latter cannot act, so the deadline waits for its time.
 */
export function awaitedSteps({ steps }: WorkflowDefinition, deadlineId: string): string[] {
  const sending = steps.filter(
    ({ id, type }) => type === 'SEND_NOTIFICATION' && stepsBehind(steps, id).has(deadlineId),
  );
  const asking = sending.filter(asksForAck);
  return (asking.length > 0 ? asking : sending).map(({ id }) => id);
}

/** Labels come from clients: "constructor" must not find something on the prototype. */
function ownEntry(entries: Record<string, string>, key: string): string | undefined {
  return Object.hasOwn(entries, key) ? entries[key] : undefined;
}
