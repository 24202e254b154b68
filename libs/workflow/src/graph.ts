import type { Step, WorkflowDefinition } from './types.js';

/** The reserved target that ends the path, as an absent transition does. */
export const END = 'end';
/** What every step ends with unless it says otherwise, and what a label without a transition falls back to. */
export const COMPLETED = 'completed';

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

/** Labels come from clients: "constructor" must not find something on the prototype. */
function ownEntry(entries: Record<string, string>, key: string): string | undefined {
  return Object.hasOwn(entries, key) ? entries[key] : undefined;
}
