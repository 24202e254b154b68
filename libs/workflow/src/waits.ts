import { parseDuration } from './duration.js';
import { next, stepById } from './graph.js';
import { outcomesOf } from './outcomes.js';
import { MINUTE_MS, type RunState } from './run.js';
import type { Step, WorkflowDefinition } from './types.js';

/** A time for which a run waits, or will wait. */
export interface Wait {
  stepId: string;
  /** When it ends. */
  at: Date;
}

/** A wait of a step, by how long it takes. */
interface Pause {
  stepId: string;
  milliseconds: number;
}

/**
 * The waits ahead of a run, in order, each to its end, on the path that takes longest. Work is taken to need no time: what a
 * step does before or behind a wait comes on top. None: the run has nothing to wait for.
 */
export function waitsAhead(definition: WorkflowDefinition, state: RunState, now: Date): Wait[] {
  const step = stepById(definition, state.stepId);
  if (!step) throw new Error(`The run is at step "${state.stepId}", which its definition does not have.`);
  const waits: Wait[] = [];
  // A worker that is late takes an ended wait up now.
  let at = Math.max(state.wakeAt?.getTime() ?? 0, now.getTime());
  if (state.wakeAt) waits.push({ stepId: step.id, at: new Date(at) });
  // A DEADLINE_CHECK that is at hand has nothing left but the wait itself.
  const left = step.type === 'ESCALATE' ? pausesOf(step).slice(state.round) : [];
  for (const { stepId, milliseconds } of [...left, ...longestBehind(definition, step, new Map())]) {
    at += milliseconds;
    waits.push({ stepId, at: new Date(at) });
  }
  return waits;
}

/**
 * When the wait of a run ends at the latest: one that begins now would. Undefined: the run waits for less, or not at all.
 * A wait that seems to be longer began before the clock was set back.
 */
export function shortenedWait(
  definition: WorkflowDefinition,
  { stepId, wakeAt }: Pick<RunState, 'stepId' | 'wakeAt'>,
  now: Date,
): Date | undefined {
  const step = stepById(definition, stepId);
  const [pause] = step ? pausesOf(step) : [];
  if (!wakeAt || !pause) return undefined;
  const latest = new Date(now.getTime() + pause.milliseconds);
  return wakeAt > latest ? latest : undefined;
}

/** The pauses behind a step, on the path on which they take longest. */
function longestBehind(
  definition: WorkflowDefinition,
  step: Step,
  known: Map<string, readonly Pause[]>,
): readonly Pause[] {
  const found = known.get(step.id);
  if (found) return found;
  let longest: readonly Pause[] = [];
  for (const outcome of outcomesOf(step.type)) {
    const follower = next(definition, step.id, outcome);
    if (!follower) continue;
    const pauses = [...pausesOf(follower), ...longestBehind(definition, follower, known)];
    if (total(pauses) > total(longest)) longest = pauses;
  }
  known.set(step.id, longest);
  return longest;
}

/** What a step waits for, from its beginning to its end. */
function pausesOf({ id, config }: Step): Pause[] {
  if (config?.kind === 'DEADLINE_CHECK')
    return [{ stepId: id, milliseconds: parseDuration(config.delay) ?? 0 }];
  if (config?.kind !== 'ESCALATE') return [];
  const milliseconds = config.repeatIntervalMinutes * MINUTE_MS;
  return Array.from({ length: config.repeatCount }, () => ({ stepId: id, milliseconds }));
}

function total(pauses: readonly Pause[]): number {
  return pauses.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
}
