import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RunState } from './index.js';
import { askingSteps, awaitedSteps, firstStep, next, transition } from './index.js';
import { asking, definition, escalation, markMissed, push, typical, wait, withConfig } from './samples.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const DEADLINE = new Date('2026-01-04T00:00:00Z');

const at = (stepId: string, round = 0) => ({ stepId, round });

describe('next', () => {
  test('ends the path at an unknown step, without a transition, and at `end`', () => {
    const graph = definition(markMissed('a', { completed: 'end' }), markMissed('b'));
    expect(next(graph, 'nowhere', 'completed')).toBeUndefined();
    expect(next(graph, 'a', 'completed')).toBeUndefined();
    expect(next(graph, 'b', 'completed')).toBeUndefined();
  });

  test('follows the outcome, and `completed` when the outcome has no transition', () => {
    expect(next(typical, 'wait', 'all_acted')?.id).toBe('report');
    expect(next(typical, 'send', 'all_acted')?.id).toBe('wait');
    expect(next(typical, 'send', 'constructor')?.id).toBe('wait');
    expect(
      next(definition(markMissed('a', { done: 'a2' }), markMissed('a2')), 'a', 'completed'),
    ).toBeUndefined();
  });

  test('always comes to an end, whatever the steps answer', () => {
    const outcome = fc.constantFrom('completed', 'failed', 'all_acted', 'done');
    fc.assert(
      fc.property(fc.infiniteStream(outcome), (outcomes) => {
        let step = firstStep(typical);
        let taken = 0;
        for (; step; taken++) step = next(typical, step.id, outcomes.next().value);
        expect(taken).toBeLessThanOrEqual(typical.steps.length);
      }),
    );
  });
});

describe('who is waited for, and who can miss', () => {
  const twice = definition(
    withConfig(push, { completed: 'w1' }, 'inform'),
    withConfig(wait, { completed: 'ask' }, 'w1'),
    withConfig(asking, { completed: 'w2' }, 'ask'),
    withConfig(wait, { completed: 'late' }, 'w2'),
    withConfig(asking, { completed: 'w3' }, 'late'),
    withConfig(wait, { completed: 'mark' }, 'w3'),
    markMissed('mark'),
  );

  test('only what was sent before a deadline counts, and only what asks if anything does', () => {
    expect(awaitedSteps(twice, 'w1')).toEqual(['inform']);
    expect(awaitedSteps(twice, 'w2')).toEqual(['ask']);
    expect(awaitedSteps(twice, 'w3')).toEqual(['ask', 'late']);
    expect(awaitedSteps(definition(withConfig(wait)), 'a')).toEqual([]);
  });

  test('only a message that asks can be missed', () => {
    expect(askingSteps(twice)).toEqual(['ask', 'late']);
    expect(askingSteps(definition(withConfig(push)))).toEqual([]);
  });
});

describe('transition', () => {
  const waiting: RunState = { ...at('wait'), enteredAt: NOW, wakeAt: DEADLINE };

  test('refuses events before the start and states of another definition', () => {
    const event = { type: 'all_acted', ...at('gone') } as const;
    expect(() => transition(typical, undefined, event, NOW)).toThrow('has not started');
    expect(() => transition(typical, { ...at('gone'), enteredAt: NOW }, event, NOW)).toThrow('"gone"');
  });

  test.each([
    ['a second start', { type: 'started' }, DEADLINE],
    ['a timer that fires early', { type: 'timer', ...at('wait') }, new Date(DEADLINE.getTime() - 1)],
    ['the timer of an earlier step', { type: 'timer', ...at('send') }, DEADLINE],
    ['the timer of another round', { type: 'timer', ...at('wait', 1) }, DEADLINE],
    ['the end of an earlier wait', { type: 'all_acted', ...at('send') }, DEADLINE],
    [
      'a repeated end of an earlier step',
      { type: 'step_finished', ...at('send'), outcome: 'completed' },
      DEADLINE,
    ],
    ['the end of work while it waits', { type: 'step_finished', ...at('wait'), outcome: 'completed' }, NOW],
  ] as const)('changes nothing on %s', (_, event, now) => {
    expect(transition(typical, waiting, event, now).state).toBe(waiting);
  });

  test('waits for acknowledgements only where there is a deadline', () => {
    const sending: RunState = { ...at('send'), enteredAt: NOW };
    const acted = (stepId: string) => ({ type: 'all_acted', ...at(stepId) }) as const;
    expect(transition(typical, sending, acted('send'), NOW).state).toBe(sending);
    expect(transition(typical, waiting, acted('wait'), NOW).state?.stepId).toBe('report');
  });

  test('starts at the first step and computes the wake-up of a deadline on entering it', () => {
    const started = transition(typical, undefined, { type: 'started' }, NOW);
    expect(started).toEqual({ state: { ...at('send'), enteredAt: NOW } });
    const event = { type: 'step_finished', ...at('send'), outcome: 'completed' } as const;
    expect(transition(typical, started.state, event, NOW)).toEqual({ state: waiting });
  });

  test('goes on when the deadline has passed', () => {
    const moved = transition(typical, waiting, { type: 'timer', ...at('wait') }, DEADLINE);
    expect(moved).toEqual({ state: { ...at('remind'), enteredAt: DEADLINE } });
  });

  test('ends when the path ends, and at once when cancelled', () => {
    const reporting: RunState = { ...at('report'), enteredAt: NOW };
    const failed = { type: 'step_finished', ...at('report'), outcome: 'failed' } as const;
    expect(transition(typical, reporting, failed, NOW)).toEqual({ ended: 'completed' });
    expect(transition(typical, waiting, { type: 'cancelled' }, NOW)).toEqual({ ended: 'cancelled' });
    expect(transition(typical, undefined, { type: 'cancelled' }, NOW)).toEqual({ ended: 'cancelled' });
  });
});

describe('the rounds of an escalation', () => {
  const twice = definition(
    withConfig(asking, { completed: 'up' }, 'send'),
    withConfig({ ...escalation, repeatCount: 2, repeatIntervalMinutes: 30 }, { completed: 'mark' }, 'up'),
    markMissed('mark'),
  );
  const finished = (round: number) =>
    ({ type: 'step_finished', ...at('up', round), outcome: 'completed' }) as const;
  const inHalfAnHour = new Date(NOW.getTime() + 30 * 60_000);
  const first: RunState = { ...at('up'), enteredAt: NOW };
  const pause: RunState = { ...at('up', 1), enteredAt: NOW, wakeAt: inHalfAnHour };

  test('begin at once, and again after the interval', () => {
    expect(transition(twice, first, finished(0), NOW)).toEqual({ state: pause });
    const timer = { type: 'timer', ...at('up', 1) } as const;
    expect(transition(twice, pause, timer, NOW).state).toBe(pause);
    expect(transition(twice, pause, timer, inHalfAnHour)).toEqual({
      state: { ...at('up', 1), enteredAt: NOW },
    });
  });

  test('hold the path until the last', () => {
    const last: RunState = { ...at('up', 2), enteredAt: NOW };
    expect(transition(twice, last, finished(2), DEADLINE)).toEqual({
      state: { ...at('mark'), enteredAt: DEADLINE },
    });
    expect(transition(twice, last, finished(1), DEADLINE).state).toBe(last);
  });

  test('are not waited for once no recipient is left', () => {
    const acted = { type: 'all_acted', ...at('up', 1) } as const;
    expect(transition(twice, pause, acted, NOW).state?.stepId).toBe('mark');
    expect(transition(twice, first, { ...acted, round: 0 }, NOW).state).toBe(first);
  });
});
