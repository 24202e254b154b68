import { afterEach, expect, jest, test } from '@jest/globals';
import { EventLoopYield, runInPieces } from './event-loop-yield.js';

afterEach(() => void jest.restoreAllMocks());

/** Longer than a slice, so that the computation yields after it. */
function piece(): void {
  const end = performance.now() + 4;
  while (performance.now() < end);
}

function* computation(name: string, pieces: number, order: string[]): Generator<undefined, string> {
  for (let n = 0; n < pieces; n += 1) {
    piece();
    order.push(name);
    yield undefined;
  }
  return name;
}

test('the event loop has a turn after every slice, whichever of several computations it was of', async () => {
  const order: string[] = [];
  const turn = () => {
    order.push('loop');
    if (order.filter((entry) => entry === 'a').length < 4) setImmediate(turn);
  };
  setImmediate(turn);
  const results = await Promise.all(['a', 'b', 'c'].map((name) => runInPieces(computation(name, 4, order))));
  expect(results).toEqual(['a', 'b', 'c']);
  // All three begin at once; then a turn of the loop serves one slice.
  const rest = order.slice(3);
  expect(rest.filter((entry) => entry !== 'loop').join('')).toBe('abcabcabc');
  const withoutLoop = rest.join(' ').match(/[abc] [abc] [abc]/g) ?? [];
  expect(withoutLoop).toEqual([]);
});

test('work that fits into a slice does not yield', async () => {
  const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
  const pause = new EventLoopYield();
  clock.mockReturnValue(2);
  expect(await pause.whenDue()).toBe(false);
  clock.mockReturnValue(4);
  expect([pause.isDue, await pause.whenDue(), pause.isDue]).toEqual([true, true, false]);
});
