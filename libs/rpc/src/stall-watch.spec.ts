import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { StallWatch } from './stall-watch.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function watched(watch: StallWatch) {
  const onStall = jest.fn(() => watch.delete(body));
  const body = { quiet: 0, onStall };
  watch.add(body);
  return body;
}

test('who is quiet has stalled once, neither early nor much later', () => {
  const watch = new StallWatch(800);
  const body = watched(watch);
  jest.advanceTimersByTime(800);
  expect(body.onStall).not.toHaveBeenCalled();
  jest.advanceTimersByTime(800);
  expect(body.onStall).toHaveBeenCalledTimes(1);
});

test('who goes on, or is done, has not', () => {
  const watch = new StallWatch(800);
  const [busy, done] = [watched(watch), watched(watch)];
  watch.delete(done);
  for (let time = 0; time < 5_000; time += 500) {
    jest.advanceTimersByTime(500);
    busy.quiet = 0;
  }
  expect(busy.onStall).not.toHaveBeenCalled();
  expect(done.onStall).not.toHaveBeenCalled();
});

test('without anybody to watch there is no timer', () => {
  const watch = new StallWatch(800);
  watch.delete(watched(watch));
  jest.advanceTimersByTime(100);
  expect(jest.getTimerCount()).toBe(0);
  const late = watched(watch);
  jest.advanceTimersByTime(1_600);
  expect(late.onStall).toHaveBeenCalledTimes(1);
});
