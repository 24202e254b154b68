import { PassThrough } from 'node:stream';
import { expect, test } from '@jest/globals';
import { discardRest } from './request-body.js';

const PATIENCE_MS = 500;

test('the rest is read although an earlier reader pauses the request in the same turn', async () => {
  const request = new PassThrough();
  const rest = discardRest(request, 1_000, PATIENCE_MS);
  request.pause();
  request.end('the rest');
  expect(await rest).toBe(true);
});

test('a rest that is too long, or does not end, is not waited for', async () => {
  const [long, endless] = [new PassThrough(), new PassThrough()];
  long.write('x'.repeat(11));
  expect(await discardRest(long, 10, PATIENCE_MS)).toBe(false);
  expect(await discardRest(endless, 10, 1)).toBe(false);
});
