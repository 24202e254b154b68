import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { startServer } from './server.js';

test('a server that ends before its exit is awaited is a failed start, each time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dovecote-postgres-'));
  const options = {
    postgres: '/bin/false',
    clusterDir: folder,
    port: 1,
    hasSocket: false,
    user: {},
    logFile: join(folder, 'postgres.log'),
  };
  try {
    for (let attempt = 0; attempt < 50; attempt++) {
      const start = startServer(options, new AbortController().signal);
      await expect(start).rejects.toThrow('stopped at once');
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
