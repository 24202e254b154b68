import { parseDuration } from './duration.js';
import { firstStep, next, stepById } from './graph.js';
import { ALL_ACTED, COMPLETED } from './outcomes.js';
import type { Step, WorkflowDefinition } from './types.js';

export const MINUTE_MS = 60_000;

/** Where a run is. */
export interface RunState {
  stepId: string;
  enteredAt: Date;
  /** How often the step has begun again: an ESCALATE step repeats, the others stay at 0. */
  round: number;
  /** Set while the run waits: for a deadline, or for the round to begin. */
  wakeAt?: Date;
}

/** The place that an event is about, so that what is late or repeated moves no step or round behind it. */
interface RunPlace {
  stepId: string;
  round: number;
}

export type RunEvent =
  | { type: 'started' }
  | ({ type: 'step_finished'; outcome: string } & RunPlace)
  | ({ type: 'timer' } & RunPlace)
  /** No recipient is left for whom the step would wait. */
  | ({ type: 'all_acted' } & RunPlace)
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
  if (event.type === 'started' || event.stepId !== state.stepId || event.round !== state.round)
    return { state };
  const leave = (outcome: string): Transition => enter(next(definition, step.id, outcome), now);
  switch (event.type) {
    case 'step_finished':
      return state.wakeAt ? { state } : (nextRound(state, step, now) ?? leave(event.outcome));
    case 'timer':
      if (!isDue(state.wakeAt, now)) return { state };
      return step.type === 'ESCALATE' ? { state: begun(state) } : leave(COMPLETED);
    case 'all_acted':
      if (!state.wakeAt) return { state };
      return leave(step.type === 'DEADLINE_CHECK' ? ALL_ACTED : COMPLETED);
  }
}

/** Whether the time for which the run waits has come. */
export function isDue(wakeAt: Date | null | undefined, now: Date): boolean {
  return wakeAt ? now >= wakeAt : false;
}

function enter(step: Step | undefined, now: Date): Transition {
  if (!step) return { ended: 'completed' };
  const state: RunState = { stepId: step.id, enteredAt: now, round: 0 };
  if (step.config?.kind === 'DEADLINE_CHECK') state.wakeAt = wakeUp(step.config.delay, now);
  return { state };
}

/** The wait for the next round of an ESCALATE step; undefined after the last. */
function nextRound(state: RunState, { config }: Step, now: Date): Transition | undefined {
  if (config?.kind !== 'ESCALATE' || state.round >= config.repeatCount) return undefined;
  const wakeAt = new Date(now.getTime() + config.repeatIntervalMinutes * MINUTE_MS);
  return { state: { ...state, round: state.round + 1, wakeAt } };
}

/** The round for which the run waited begins. */
function begun({ stepId, enteredAt, round }: RunState): RunState {
  return { stepId, enteredAt, round };
}

function wakeUp(delay: string, enteredAt: Date): Date {
  const milliseconds = parseDuration(delay);
  if (milliseconds === undefined) throw new Error(`"${delay}" is not a duration.`);
  return new Date(enteredAt.getTime() + milliseconds);
}
