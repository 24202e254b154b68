import { expect, test } from '@jest/globals';
import { workerConnections } from './connections.rules.js';

test('a worker has a connection per lane, and as many as its largest lane has slots', () => {
  expect(workerConnections({ mail: 4, campaign: 4, webhook: 8, background: 4 })).toBe(12);
  expect(workerConnections({ mail: 1, campaign: 20, webhook: 8, background: 20 })).toBe(24);
});
