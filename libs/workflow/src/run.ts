import { parseDuration } from './duration.js';
import { firstStep, next, stepById } from './graph.js';
import { ALL_ACTED, COMPLETED } from './outcomes.js';
import type { Step, WorkflowDefinition } from './types.js';

/** Where a run is. `wakeAt` is set while it waits for a deadline. */
export interface RunState {
  stepId: string;
  enteredAt: Date;
  wakeAt?: Date;
}

export type RunEvent =
  | { type: 'started' }
  /** Names its step, so that a job that runs twice cannot finish the step after it. */
  | { type: 'step_finished'; stepId: string; outcome: string }
  | { type: 'timer'; stepId: string }
  /** No recipient can act any longer. */
  | { type: 'all_acted' }
  | { type: 'cancelled' };

/** The same `state` object as was given means: the event is late, early or repeated, and changes nothing. */
export type Transition =
  { state: RunState; ended?: undefined } | { state?: undefined; ended: 'completed' | 'cancelled' };

/** What an event does to a run; `state` is undefined before `started`. */
export function transition(
  definition: WorkflowDefinition,
  state: RunState | undefined,
  event: RunEvent,
  now: Date,
): Transition {
  if (event.type === 'cancelled') return { ended: 'cancelled' };
  if (!state) {
    if (event.type !== 'started') throw new Error(`A run that has not started cannot take "${event.type}".`);
    return enter(firstStep(definition), now);
  }
  const step = stepById(definition, state.stepId);
  if (!step) throw new Error(`The run is at step "${state.stepId}", which its definition does not have.`);
  const outcome = outcomeOf(event, state, step, now);
  return outcome === undefined ? { state } : enter(next(definition, step.id, outcome), now);
}

function outcomeOf(event: RunEvent, state: RunState, step: Step, now: Date): string | undefined {
  switch (event.type) {
    case 'step_finished':
      return event.stepId === state.stepId ? event.outcome : undefined;
    case 'timer':
      return event.stepId === state.stepId && state.wakeAt && now >= state.wakeAt ? COMPLETED : undefined;
    case 'all_acted':
      return step.type === 'DEADLINE_CHECK' ? ALL_ACTED : undefined;
    default:
      return undefined;
  }
}

function enter(step: Step | undefined, now: Date): Transition {
  if (!step) return { ended: 'completed' };
  const state: RunState = { stepId: step.id, enteredAt: now };
  if (step.config?.kind === 'DEADLINE_CHECK') state.wakeAt = wakeUp(step.config.delay, now);
  return { state };
}

function wakeUp(delay: string, enteredAt: Date): Date {
  const milliseconds = parseDuration(delay);
  if (milliseconds === undefined) throw new Error(`"${delay}" is not a duration.`);
  return new Date(enteredAt.getTime() + milliseconds);
}
