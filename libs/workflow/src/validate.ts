import { checkConfig } from './configs.js';
import { findCycles } from './cycles.js';
import { END, stepsBehind } from './graph.js';
import { checkMeaning } from './meaning.js';
import { outcomesOf } from './outcomes.js';
import type { UncheckedDefinition, UncheckedStep } from './types.js';
import type { ValidateOptions, Violation } from './violation.js';
import { Violations } from './violation.js';

const MOST_STEPS = 100;
const MOST_TRANSITIONS = 10;
const LONGEST_ID = 100;
const LONGEST_LABEL = 100;

/** Everything that is wrong with a definition; empty when every step of it can run and do what it is for. */
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
  if (at.found.length === 0) checkReachability(definition, at);
  if (at.found.length === 0) checkMeaning(definition, at);
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
    checkLabel(step.type, label, at.key(label));
    at.key(label).require(target === END || ids.has(target), 'leads to a step that does not exist');
  }
}

/**
 * A label that the step never produces would never be followed. Errors of the type are reported elsewhere.
 */
function checkLabel(type: UncheckedStep['type'], label: string, at: Violations): void {
  if (label === '') return at.add('must have an outcome label');
  if (label.length > LONGEST_LABEL) return at.atMost(LONGEST_LABEL, label);
  const outcomes = outcomesOf(type);
  if (outcomes.length === 0 || outcomes.includes(label)) return;
  const known = outcomes.map((outcome) => JSON.stringify(outcome)).join(' or ');
  at.add(`is not an outcome of ${type}: such a step ends with ${known}`);
}

function checkReachability({ steps }: UncheckedDefinition, at: Violations): void {
  const first = steps[0]?.id ?? '';
  const reached = stepsBehind(steps, first).add(first);
  steps.forEach(({ id }, index) =>
    at.at(index).require(reached.has(id), 'is never reached: no transitions lead to it from the first step'),
  );
}

function checkCycles(definition: UncheckedDefinition, at: Violations): void {
  for (const { stepIndex, label, path } of findCycles(definition)) {
    at.at(stepIndex)
      .at('transitions')
      .key(label)
      .add(`closes a cycle: ${path.join(' → ')}`);
  }
}
