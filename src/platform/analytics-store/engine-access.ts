import type { Logger } from 'pino';
import type { Config } from '../config/index.js';
import { embeddedEngine } from './embedded-engine.js';
import type { EngineAccess } from './engine.js';
import { addressOf, connectTo } from './engine-connection.js';

/** Beyond what a statement may take, for the way and for rows that are sent. */
const graceMs = 30_000;

/** The server that is configured, or the embedded engine. */
export function engineAccess({ analytics, dataDir }: Config, log: Logger): EngineAccess {
  const { server, connections, query, memory } = analytics;
  const timeoutMs = query.seconds * 1_000 + graceMs;
  if (server === undefined)
    return embeddedEngine({ dataDir, memory, statementMemory: query.memory, connections, timeoutMs }, log);
  return {
    isUsed: async () => true,
    async open() {
      const connection = await connectTo(addressOf(server), { connections, timeoutMs });
      return { connection, recovers: true, close: () => connection.client.close() };
    },
  };
}
