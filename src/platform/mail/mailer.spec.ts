import { randomBytes } from 'node:crypto';
import { createEnvelope } from '@dovecote/secret';
import { expect, jest, test } from '@jest/globals';
import type { Scope } from '../scope/index.js';
import type { DailyLimits } from '../throttle/daily-limits.js';
import { Mailer } from './mailer.js';

test('codes have high priority, and invitations low', async () => {
  const enqueue = jest.fn<Scope['enqueue']>();
  const limits = {
    takeEach: async (...[, , subjects]: Parameters<DailyLimits['takeEach']>) => new Set(subjects),
  };
  const mailer = new Mailer(createEnvelope(randomBytes(32)), limits as unknown as DailyLimits);
  for (const kind of ['code', undefined, 'invitation'] as const)
    await mailer.send({ enqueue } as unknown as Scope, {
      to: 'ann@example.com',
      kind,
      subject: '',
      text: '',
    });
  expect(enqueue.mock.calls.map(([job]) => job.priority ?? job.task.priority)).toEqual([
    'high',
    'normal',
    'low',
  ]);
});
