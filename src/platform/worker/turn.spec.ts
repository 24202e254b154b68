import { afterEach, expect, jest, test } from '@jest/globals';
import { untilYield } from './turn.js';

afterEach(() => void jest.restoreAllMocks());

test('a job yields when its time is up, and when the worker stops', () => {
  const [time, worker] = [new AbortController(), new AbortController()];
  const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(time.signal);
  const first = untilYield(worker);
  expect(first.aborted).toBe(false);
  time.abort();
  expect(first.aborted).toBe(true);
  timeout.mockReturnValue(new AbortController().signal);
  const second = untilYield(worker);
  expect(second.aborted).toBe(false);
  worker.abort();
  expect(second.aborted).toBe(true);
});
