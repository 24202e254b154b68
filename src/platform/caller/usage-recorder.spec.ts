import { expect, test } from '@jest/globals';
import type { PinoLogger } from 'nestjs-pino';
import type { Database, Statement, Transaction } from '../database/index.js';
import { UsageRecorder } from './usage-recorder.js';

const log = { setContext() {}, warn() {} } as unknown as PinoLogger;
const at = new Date();

test('what another flush is writing has been written, too', async () => {
  const written: unknown[] = [];
  const slow = Promise.withResolvers<void>();
  const tx = { execute: async (_statement: Statement, [ids]: unknown[]) => void written.push(ids) };
  const database = {
    async transaction(_settings: object, work: (tx: Transaction) => Promise<unknown>) {
      await slow.promise;
      return work(tx as unknown as Transaction);
    },
  };
  const usage = new UsageRecorder(database as unknown as Database, log);
  usage.contribute({ sessions: { name: 'spec', text: '', onlyReads: false } });
  usage.sessionUsed('first', at);
  const byTheClock = usage.flush();
  // It has begun, and has taken what there was.
  await new Promise(setImmediate);
  usage.sessionUsed('second', at);
  const [asked, askedAgain] = [usage.flush(), usage.flush()];
  const seen = asked.then(() => [...written]);
  slow.resolve();
  expect(await seen).toEqual([['first'], ['second']]);
  await Promise.all([byTheClock, askedAgain]);
  expect(written).toHaveLength(2);
});
