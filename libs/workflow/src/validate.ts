import { checkConfig } from './configs.js';
import { findCycles } from './cycles.js';
import { END } from './graph.js';
import type { UncheckedDefinition, UncheckedStep } from './types.js';
import type { ValidateOptions, Violation } from './violation.js';
import { Violations } from './violation.js';

const MOST_STEPS = 100;
const MOST_TRANSITIONS = 10;
const LONGEST_ID = 100;
const LONGEST_LABEL = 100;

/**
 * Everything that is wrong with a definition, in the order of its fields; empty when it can be run.
 *
 * Accepted on purpose, because clients in the field send it: steps that nothing leads to (they never run) and
 * outcome labels that no step ends with, such as `done` (they never fire).
 */
export function validate(definition: UncheckedDefinition, options: ValidateOptions = {}): Violation[] {
  const at = new Violations(options.field ?? 'workflow').at('steps');
  const { steps } = definition;
  if (steps.length === 0) at.add('must have at least one step');
  if (steps.length > MOST_STEPS) at.add(`must have at most ${MOST_STEPS} steps`);
  if (at.found.length > 0) return at.found;

  const firstIndex = new Map<string, number>();
  steps.forEach((step, index) => firstIndex.set(step.id, firstIndex.get(step.id) ?? index));
  steps.forEach((step, index) => {
    const stepAt = at.at(index);
    checkId(step.id, index, firstIndex, stepAt.at('id'));
    checkConfig(step, options, stepAt);
    checkTransitions(step, firstIndex, stepAt.at('transitions'));
  });

  const idsAreUnique = firstIndex.size === steps.length;
  if (idsAreUnique) checkCycles(definition, at);
  return at.found;
}

function checkId(id: string, index: number, firstIndex: Map<string, number>, at: Violations): void {
  const first = firstIndex.get(id);
  at.require(id !== '', 'is required');
  at.require(id !== END, `"${END}" is reserved for the end of a path`);
  at.atMost(LONGEST_ID, id);
  if (id !== '' && first !== undefined && first !== index) at.add(`repeats the id of steps[${first}]`);
}

function checkTransitions(step: UncheckedStep, ids: Map<string, number>, at: Violations): void {
  const transitions = Object.entries(step.transitions);
  if (transitions.length > MOST_TRANSITIONS) {
    return at.add(`must have at most ${MOST_TRANSITIONS} transitions`);
  }
  for (const [label, target] of transitions) {
    at.key(label).require(label !== '', 'must have an outcome label');
    at.key(label).atMost(LONGEST_LABEL, label);
    at.key(label).require(target === END || ids.has(target), 'leads to a step that does not exist');
  }
}

function checkCycles(definition: UncheckedDefinition, at: Violations): void {
  for (const { stepIndex, label, path } of findCycles(definition)) {
    at.at(stepIndex)
      .at('transitions')
      .key(label)
      .add(`closes a cycle: ${path.join(' → ')}`);
  }
}
