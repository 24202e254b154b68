import { expect, test } from '@jest/globals';
import { JobsAtHand } from './jobs-at-hand.js';

test('a job is at hand from its begin until a while after its end', () => {
  const jobs = new JobsAtHand();
  expect(jobs.has('1')).toBe(false);
  jobs.begin('1');
  jobs.forget(0);
  expect(jobs.has('1')).toBe(true);
  jobs.end('1');
  jobs.forget(60_000);
  expect(jobs.has('1')).toBe(true);
  jobs.forget(0);
  expect(jobs.has('1')).toBe(false);
});

test('a job that is tried again is at hand again', () => {
  const jobs = new JobsAtHand();
  jobs.begin('1');
  jobs.end('1');
  jobs.begin('1');
  jobs.forget(0);
  expect(jobs.has('1')).toBe(true);
});
