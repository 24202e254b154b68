import { EventEmitter } from 'node:events';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PinoLogger } from 'nestjs-pino';
import type { Client } from 'pg';
import { pino } from 'pino';
import { eventually } from '../../../test/support/eventually.js';
import { cloneDatabase, type TestDatabase } from '../../../test/support/test-database.js';
import { appDataSource } from '../database/data-source.js';
import { Database } from '../database/index.js';
import { CredentialCache } from './credential-cache.js';
import { announceRevocation, RevocationFeed } from './revocation-feed.js';

const silent = pino({ level: 'silent' });
const pinoLogger = Object.assign(silent, { setContext() {} }) as unknown as PinoLogger;

/** Its connection brings only the pings: as if every notification were still on its way. */
class SlowClient extends EventEmitter {
  connect = async () => undefined;
  end = async () => undefined;
  query = async (_text: string, [payload]: string[] = []) => {
    if (payload !== undefined) this.emit('notification', { payload });
  };
}

let testDatabase: TestDatabase;
let database: Database;
let feed: RevocationFeed;
let close: () => Promise<void>;

beforeAll(async () => {
  testDatabase = await cloneDatabase();
  const options = { size: 2, applicationName: 'spec' };
  const source = await appDataSource(testDatabase.appUrl, [], options, silent).initialize();
  close = () => source.destroy();
  database = new Database(source);
  feed = new RevocationFeed('', SlowClient as unknown as typeof Client, database, pinoLogger);
  await feed.onModuleInit();
  await eventually('the feed is heard', async () => feed.heard);
});
afterAll(async () => {
  await feed?.onApplicationShutdown();
  await close?.();
  await testDatabase?.drop();
});

function remembering(subject: string) {
  const cache = new CredentialCache<{ subject: string }>(feed, (value) => [value.subject]);
  return cache.get('key', async () => ({ subject })).then(() => cache);
}

test('what a transaction of this process takes back is forgotten as soon as it has committed', async () => {
  const cache = await remembering('api_key:1');
  const other = await remembering('api_key:2');
  await database.transaction({}, async (tx) => {
    await announceRevocation(tx, 'api_key:1');
    expect(cache.recall('key')).toBeDefined();
  });
  expect([cache.recall('key'), other.recall('key')]).toEqual([undefined, { subject: 'api_key:2' }]);
});

test('what is rolled back is not taken back', async () => {
  const cache = await remembering('api_key:1');
  const failing = database.transaction({}, async (tx) => {
    await announceRevocation(tx, 'api_key:1');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect(cache.recall('key')).toBeDefined();
});

test('what is loaded while it is taken back is not kept', async () => {
  const cache = new CredentialCache<{ subject: string }>(feed, (value) => [value.subject]);
  await cache.get('key', async () => {
    await database.transaction({}, (tx) => announceRevocation(tx, 'api_key:1'));
    return { subject: 'api_key:1' };
  });
  expect(cache.recall('key')).toBeUndefined();
});
