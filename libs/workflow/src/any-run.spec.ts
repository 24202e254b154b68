import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { asksForAck } from './graph.js';
import { askingSteps, awaitedSteps, stepById, transition, validate } from './index.js';
import type { RunEvent, RunState, Step, StepType, WorkflowDefinition } from './index.js';
import { outcomesOf } from './outcomes.js';
import { asking, definition, escalation, markMissed, push, wait, webhook, withConfig } from './samples.js';

const MINUTE = 60_000;
const START = Date.parse('2026-01-01T00:00:00Z');

const remind = { kind: 'SEND_REMINDER', type: 'push', thirdPartyChannels: [], notifyTargets: [] } as const;

const anyStep = (id: string, transitions: Record<string, string>): fc.Arbitrary<Step> =>
  fc.oneof(
    fc.constantFrom(asking, push).map((config) => withConfig(config, transitions, id)),
    fc.constant(withConfig(wait, transitions, id)),
    fc.constant(withConfig({ ...remind, thirdPartyChannels: [], notifyTargets: [] }, transitions, id)),
    fc.constant(withConfig(webhook('https://hooks.acme.example/x'), transitions, id)),
    fc.constant(markMissed(id, transitions)),
    fc
      .nat(5)
      .map((repeatCount) =>
        withConfig({ ...escalation, repeatCount, repeatIntervalMinutes: 7 }, transitions, id),
      ),
  );

/** Steps in a row. The outcomes of each lead to any later step or to the end. */
const anyGraph: fc.Arbitrary<WorkflowDefinition> = fc
  .integer({ min: 1, max: 12 })
  .chain((length) =>
    fc.tuple(
      ...Array.from({ length }, (_, index) =>
        fc
          .tuple(anyStep(`s${index}`, {}), fc.nat(20), fc.boolean())
          .map(([step, jump, takesIt]) => withTransitions(step, index, length, jump, takesIt)),
      ),
    ),
  )
  .map((steps) => definition(...steps))
  .filter((graph) => validate(graph).length === 0);

/** To the next step; what the step may end with besides leads to any step behind it. */
function withTransitions(step: Step, index: number, length: number, jump: number, takesIt: boolean): Step {
  const behind = index + 1 + (jump % (length - index));
  const to = (place: number): string => (place < length ? `s${place}` : 'end');
  const transitions: Record<string, string> = { completed: to(index + 1) };
  for (const outcome of outcomesOf(step.type).slice(1)) if (takesIt) transitions[outcome] = to(behind);
  return { ...step, transitions };
}

type Status = 'open' | 'acknowledged' | 'missed' | 'informed' | 'failed';

/** A run whose workers, clocks and recipients do anything at any moment, and what it fires. */
class Model {
  now = START;
  state: RunState | undefined;
  ended: string | undefined;
  readonly fired: string[] = [];
  /** Every recipient's message, by step. */
  readonly messages: { stepId: string; status: Status }[] = [];
  private readonly past: RunEvent[] = [];

  private readonly graph: WorkflowDefinition;
  private readonly recipients: number;

  constructor(graph: WorkflowDefinition, recipients: number) {
    this.graph = graph;
    this.recipients = recipients;
    this.take({ type: 'started' });
  }

  take(event: RunEvent): void {
    if (this.ended) return;
    const before = this.state;
    const next = transition(this.graph, before, event, new Date(this.now));
    this.past.push(event);
    this.state = next.state;
    this.ended = next.ended;
    if (next.state && next.state !== before && !next.state.wakeAt) this.fire(next.state);
  }

  /** What a crash, a second worker or a late job delivers again. */
  repeat(pick: number): void {
    const event = this.past[pick % this.past.length];
    if (event) this.take(event);
  }

  acknowledge(pick: number): void {
    const open = this.messages.filter(({ status }) => status === 'open');
    const message = open[pick % Math.max(open.length, 1)];
    if (message) message.status = 'acknowledged';
  }

  get isWaiting(): boolean {
    return this.state?.wakeAt !== undefined;
  }

  get place() {
    return { stepId: this.state?.stepId ?? '', round: this.state?.round ?? 0 };
  }

  /** The step at hand is done, or what it waits for has come. */
  proceed(pick: number): void {
    const { state } = this;
    if (!state) return;
    if (state.wakeAt) {
      const awaited = awaitedSteps(this.graph, state.stepId);
      const isOpen = this.messages.some(
        ({ stepId, status }) => awaited.includes(stepId) && (status === 'open' || status === 'informed'),
      );
      if (!isOpen && awaited.length > 0) return this.take({ type: 'all_acted', ...this.place });
      this.now = Math.max(this.now, state.wakeAt.getTime());
      return this.take({ type: 'timer', ...this.place });
    }
    const outcomes = outcomesOf(stepById(this.graph, state.stepId)?.type ?? 'UNSPECIFIED');
    const type: StepType | undefined = stepById(this.graph, state.stepId)?.type;
    const outcome = type === 'CALL_WEBHOOK' ? outcomes[pick % outcomes.length]! : 'completed';
    this.take({ type: 'step_finished', ...this.place, outcome });
  }

  private fire({ stepId, round }: RunState): void {
    this.fired.push(`${stepId}#${round}`);
    const step = stepById(this.graph, stepId)!;
    if (step.type === 'SEND_NOTIFICATION') {
      const status = asksForAck(step) ? 'open' : 'informed';
      for (let place = 0; place < this.recipients; place += 1)
        this.messages.push({ stepId, status: place % 7 === 6 ? 'failed' : status });
    }
    if (step.type === 'MARK_MISSED') {
      const asking = askingSteps(this.graph);
      for (const message of this.messages)
        if (asking.includes(message.stepId) && message.status === 'open') message.status = 'missed';
    }
  }
}

const anyHappening = fc.record({
  kind: fc.constantFrom('proceed', 'repeat', 'acknowledge', 'later', 'back'),
  pick: fc.nat(1000),
});

describe('any valid workflow, whatever happens while it runs', () => {
  test('ends or waits, fires nothing twice and brings every recipient to a final state', () => {
    fc.assert(
      fc.property(
        anyGraph,
        fc.array(anyHappening, { maxLength: 60 }),
        fc.nat(9),
        (graph, happenings, size) => {
          const model = new Model(graph, size);
          for (const { kind, pick } of happenings) {
            if (kind === 'proceed') model.proceed(pick);
            if (kind === 'repeat') model.repeat(pick);
            if (kind === 'acknowledge') model.acknowledge(pick);
            if (kind === 'later') model.now += pick * MINUTE;
            if (kind === 'back') model.now -= pick * MINUTE;
            // It stands at a step of the graph: at work, or waiting for a time.
            expect(model.ended !== undefined || stepById(graph, model.place.stepId) !== undefined).toBe(true);
          }
          // Left alone, it ends: six rounds of an escalation and one wait for each are the most.
          for (let taken = 0; !model.ended; taken += 1) {
            model.proceed(taken);
            expect(taken).toBeLessThanOrEqual(graph.steps.length * 12);
          }
          expect(new Set(model.fired).size).toBe(model.fired.length);
          const marked = graph.steps.filter(({ type }) => type === 'MARK_MISSED').map(({ id }) => id);
          const lastMark = model.fired.findLastIndex((place) => marked.includes(place.split('#')[0]!));
          const askedBefore = new Set(model.fired.slice(0, lastMark + 1).map((place) => place.split('#')[0]));
          for (const { stepId, status } of model.messages)
            if (askedBefore.has(stepId)) expect(status).not.toBe('open');
        },
      ),
      { numRuns: 500 },
    );
  });

  test('changes nothing on what is about another step or round', () => {
    fc.assert(
      fc.property(anyGraph, fc.nat(30), fc.nat(9), (graph, steps, round) => {
        const model = new Model(graph, 1);
        for (let taken = 0; taken < steps && !model.ended; taken += 1) model.proceed(taken);
        const { state } = model;
        if (!state) return;
        const other = { stepId: state.stepId, round: state.round + 1 + round };
        for (const event of [
          { type: 'timer', ...other },
          { type: 'all_acted', ...other },
          { type: 'step_finished', ...other, outcome: 'completed' },
        ] as const)
          expect(transition(graph, state, event, new Date(model.now + 1e12)).state).toBe(state);
      }),
    );
  });
});
