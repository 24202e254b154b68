import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type RunState, shortenedWait, transition, waitsAhead } from './index.js';
import { asking, definition, escalation, markMissed, typical, wait, webhook, withConfig } from './samples.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const HOUR = 3_600_000;
const later = (hours: number): Date => new Date(NOW.getTime() + hours * HOUR);

const chase = definition(
  withConfig(asking, { completed: 'first' }, 'send'),
  withConfig({ kind: 'DEADLINE_CHECK', delay: '48h' }, { completed: 'up', all_acted: 'end' }, 'first'),
  withConfig(
    { ...escalation, repeatCount: 2, repeatIntervalMinutes: 60 },
    { completed: 'last', failed: 'end' },
    'up',
  ),
  withConfig({ kind: 'DEADLINE_CHECK', delay: '24h' }, { completed: 'mark' }, 'last'),
  markMissed('mark'),
);

function hoursAhead(state: Partial<RunState> & { stepId: string }, now = NOW): [string, number][] {
  const waits = waitsAhead(chase, { enteredAt: NOW, round: 0, ...state }, now);
  return waits.map(({ stepId, at }) => [stepId, (at.getTime() - NOW.getTime()) / HOUR]);
}

test('at the first step, all waits are ahead', () => {
  expect(hoursAhead({ stepId: 'send' })).toEqual([
    ['first', 48],
    ['up', 49],
    ['up', 50],
    ['last', 74],
  ]);
});

test('a wait that has begun ends when it ends, and the others follow', () => {
  expect(hoursAhead({ stepId: 'first', wakeAt: later(40) })).toEqual([
    ['first', 40],
    ['up', 41],
    ['up', 42],
    ['last', 66],
  ]);
});

test('rounds of an escalation that are over are not waited for again', () => {
  expect(hoursAhead({ stepId: 'up', round: 1, wakeAt: later(1) })).toEqual([
    ['up', 1],
    ['up', 2],
    ['last', 26],
  ]);
  expect(hoursAhead({ stepId: 'up', round: 2 })).toEqual([['last', 24]]);
});

test('a wait that should be over ends now: a worker is late', () => {
  expect(hoursAhead({ stepId: 'last', wakeAt: later(-3) })).toEqual([['last', 0]]);
});

test('nothing is ahead of the last step', () => {
  expect(hoursAhead({ stepId: 'mark' })).toEqual([]);
});

test('of two paths the one that takes longer counts', () => {
  const graph = definition(
    withConfig(webhook('https://hooks.acme.example/x'), { completed: 'short', failed: 'long' }),
    withConfig({ kind: 'DEADLINE_CHECK', delay: '1h' }, {}, 'short'),
    withConfig({ kind: 'DEADLINE_CHECK', delay: '2h' }, {}, 'long'),
  );
  expect(waitsAhead(graph, { stepId: 'a', enteredAt: NOW, round: 0 }, NOW)).toEqual([
    { stepId: 'long', at: later(2) },
  ]);
});

test('refuses a step that the definition does not have', () => {
  expect(() => waitsAhead(typical, { stepId: 'gone', enteredAt: NOW, round: 0 }, NOW)).toThrow('"gone"');
});

test('is what a run waits for whose timers all run out, however they are arranged', () => {
  const step = fc.oneof(
    fc.integer({ min: 1, max: 600 }).map((minutes) => ({ ...wait, delay: `${minutes}m` })),
    fc
      .record({ repeatCount: fc.nat(5), repeatIntervalMinutes: fc.integer({ min: 1, max: 600 }) })
      .map((repeats) => ({ ...escalation, ...repeats })),
    fc.constant(asking),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), fc.nat(40), (configs, events) => {
      const graph = definition(
        ...configs.map((config, index) => withConfig(config, { completed: `s${index + 1}` }, `s${index}`)),
        markMissed(`s${configs.length}`),
      );
      let now = NOW;
      let state = transition(graph, undefined, { type: 'started' }, now).state;
      const begun = state && waitsAhead(graph, state, now);
      const waited: { stepId: string; at: Date }[] = [];
      for (let taken = 0; state; taken += 1) {
        if (taken === events) expect(waitsAhead(graph, state, now)).toEqual(begun?.slice(waited.length));
        const { stepId, round, wakeAt } = state;
        if (wakeAt) {
          now = wakeAt;
          waited.push({ stepId, at: now });
        }
        state = transition(
          graph,
          state,
          wakeAt
            ? { type: 'timer', stepId, round }
            : { type: 'step_finished', stepId, round, outcome: 'completed' },
          now,
        ).state;
      }
      expect(begun).toEqual(waited);
    }),
  );
});

test.each([
  ['first', 48, undefined],
  ['first', 20, undefined],
  ['first', 72, 48],
  ['up', 1, undefined],
  ['up', 25, 1],
  ['mark', 72, undefined],
])('a wait at %s that ends in %d hours', (stepId, hours, shortened) => {
  const end = shortenedWait(chase, { stepId, wakeAt: later(hours) }, NOW);
  expect(end).toEqual(shortened === undefined ? undefined : later(shortened));
});

test('what waits for nothing waits no shorter', () => {
  expect(shortenedWait(chase, { stepId: 'first' }, NOW)).toBeUndefined();
});
