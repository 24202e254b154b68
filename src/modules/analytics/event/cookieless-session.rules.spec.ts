import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { lastRun, SESSION_GAP_MS, sessionsOf, type VisitorState } from './cookieless-session.rules.js';

const minute = 60_000;
const ids = {
  startingAt: (time: number) => `from ${time / minute}`,
  inWindow: (halfHour: number) => `window ${halfHour}`,
};

function sessions(minutes: number[], before?: [newest: number, session: string]): string[] {
  const state = before && { newest: before[0] * minute, session: before[1] };
  return [
    ...sessionsOf(
      minutes.map((at) => at * minute),
      state,
      ids,
    ).values(),
  ];
}

describe('the sessions of a visitor', () => {
  test.each<[string, number[], [number, string] | undefined, string[]]>([
    ['the first event begins one', [100], undefined, ['from 100']],
    ['half an hour later belongs to it', [100, 130], undefined, ['from 100', 'from 100']],
    ['each event prolongs it', [100, 130, 160], undefined, ['from 100', 'from 100', 'from 100']],
    ['more than half an hour later begins another', [100, 130.1], undefined, ['from 100', 'from 130.1']],
    ['a known one includes half an hour later', [130], [100, 's'], ['s']],
    ['a known one is over', [131], [100, 's'], ['from 131']],
    ['half an hour earlier belongs to the known one', [70], [100, 's'], ['s']],
    ['even earlier is of a window', [69], [100, 's'], ['window 2']],
    [
      'early and late events are told apart',
      [10, 69, 70, 100, 131],
      [100, 's'],
      ['window 0', 'window 2', 's', 's', 'from 131'],
    ],
  ])('%s', (_, times, before, expected) => {
    expect(sessions(times, before)).toEqual(expected);
  });
});

test.each([
  [[5], 5, 5],
  [[5, 20], 5, 20],
  [[5, 35.1], 35.1, 35.1],
  [[5, 50, 70, 90], 50, 90],
])('the last run of %j is from %d to %d', (minutes, first, last) => {
  expect(lastRun(minutes.map((at) => at * minute))).toEqual({ first: first * minute, last: last * minute });
});

/** What the statement `cookieless_session.touch` makes of the row. */
function touched(before: VisitorState | undefined, ascending: number[]): VisitorState {
  const run = lastRun(ascending);
  const session = ids.startingAt(run.first);
  if (!before) return { newest: run.last, session };
  return {
    newest: Math.max(before.newest, run.last),
    session: run.first > before.newest + SESSION_GAP_MS ? session : before.session,
  };
}

describe('what is kept of a visitor', () => {
  const times = fc
    .uniqueArray(fc.nat(300), { minLength: 1 })
    .map((minutes) => minutes.sort((a, b) => a - b).map((at) => at * minute));

  test('is the newest event and its session', () => {
    fc.assert(
      fc.property(times, fc.option(fc.nat(300), { nil: undefined }), (ascending, known) => {
        const before = known === undefined ? undefined : { newest: known * minute, session: 's' };
        const after = touched(before, ascending);
        const found = sessionsOf(ascending, before, ids);
        const newest = Math.max(ascending.at(-1) ?? 0, before?.newest ?? 0);
        expect(after.newest).toBe(newest);
        expect(after.session).toBe(found.get(newest) ?? 's');
      }),
    );
  });

  test('makes one session of events that came in order, however they were divided', () => {
    fc.assert(
      fc.property(times, fc.nat(), (ascending, at) => {
        const cut = at % ascending.length;
        const whole = sessionsOf(ascending, undefined, ids);
        if (cut === 0) return;
        const early = ascending.slice(0, cut);
        const late = sessionsOf(ascending.slice(cut), touched(undefined, early), ids);
        expect([...sessionsOf(early, undefined, ids), ...late]).toEqual([...whole]);
      }),
    );
  });
});
