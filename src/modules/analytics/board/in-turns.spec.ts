import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { inTurns } from './in-turns.js';

test('never has more at once, and keeps the order', async () => {
  let [running, most] = [0, 0];
  const results = await inTurns([5, 1, 4, 2, 3], 2, async (turns) => {
    most = Math.max(most, ++running);
    for (let left = turns; left > 0; left--) await turn();
    running -= 1;
    return turns * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30]);
  expect(most).toBe(2);
});

test('begins nothing more once one has failed', async () => {
  const begun: number[] = [];
  const whole = inTurns([1, 2, 3, 4], 2, async (item) => {
    begun.push(item);
    await turn();
    if (item === 1) throw new Error('no');
  });
  await expect(whole).rejects.toThrow('no');
  await turn();
  expect(begun).toEqual([1, 2]);
});
