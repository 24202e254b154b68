import type { Config } from '../config/index.js';
import { analyticsUnavailable } from './engine-errors.js';
import type { EngineAccess } from './engine.js';
import { addressOf, connectTo } from './engine-connection.js';

/** Beyond what a statement may take, for the way and for rows that are sent. */
const graceMs = 30_000;

/** The server that is configured, or the embedded engine. */
export function engineAccess({ analytics }: Config): EngineAccess {
  const { server, connections, query } = analytics;
  const timeoutMs = query.seconds * 1_000 + graceMs;
  if (server === undefined)
    return {
      isUsed: async () => false,
      open: async () => {
        throw analyticsUnavailable('The embedded engine is still to come; set CLICKHOUSE_URL.');
      },
    };
  return {
    isUsed: async () => true,
    async open() {
      const connection = await connectTo(addressOf(server), { connections, timeoutMs });
      return { connection, recovers: true, close: () => connection.client.close() };
    },
  };
}
