import { beforeEach, expect, test } from '@jest/globals';
import type { PinoLogger } from 'nestjs-pino';
import type { Database, Statement, Transaction } from '../database/index.js';
import { Heartbeat } from './heartbeat.js';
import { JobsAtHand } from './jobs-at-hand.js';

/** Sends what transactions execute, once it is let through. */
class SlowDatabase {
  readonly sent: string[] = [];
  gate: Promise<void> = Promise.resolve();

  async transaction(_settings: object, work: (tx: Transaction) => Promise<unknown>): Promise<unknown> {
    await this.gate;
    const tx = {
      execute: async ({ name }: Statement) => void this.sent.push(name),
      query: async () => [],
    };
    return work(tx as unknown as Transaction);
  }
}

let database: SlowDatabase;
let heartbeat: Heartbeat;

beforeEach(() => {
  database = new SlowDatabase();
  const log = { setContext() {}, warn() {} } as unknown as PinoLogger;
  heartbeat = new Heartbeat(database as unknown as Database, log);
});

test.each([
  ['ends', () => heartbeat.end('one')],
  ['ends with all others', () => heartbeat.stop()],
])('a worker that %s stays ended, although beats were on their way', async (_how, end) => {
  const late = Promise.withResolvers<void>();
  database.gate = late.promise;
  const beating = [
    heartbeat.begin('one', 'mail', new JobsAtHand()),
    heartbeat.begin('two', 'webhook', new JobsAtHand()),
  ];
  database.gate = Promise.resolve();
  const ending = end();
  // Whatever does not wait for the beats has been sent by then.
  await new Promise(setImmediate);
  late.resolve();
  await Promise.all([...beating, ending]);
  expect(database.sent.filter((name) => name === 'heartbeat.beat')).toHaveLength(2);
  expect(database.sent.at(-1)).toBe('heartbeat.end');
  await heartbeat.stop();
});
