import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { ClickHouseClient } from '@clickhouse/client';
import type { AnalyticsPlace } from '#migrations';

/** Where an engine answers. */
export interface EngineAddress {
  /** http or https, without user, password and path. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly place: AnalyticsPlace;
}

export interface EngineConnection {
  readonly client: ClickHouseClient;
  readonly place: AnalyticsPlace;
}

const defaultDatabase = 'dovecote';
/** How long a connection without a statement stays open: less than any server keeps it. */
const idleMs = 2_500;

/** Splits CLICKHOUSE_URL. Statements name their database, so that it need not exist when they are connected. */
export function addressOf({ url, cluster }: { url: string; cluster?: string }): EngineAddress {
  const parts = new URL(url);
  const database = decodeURIComponent(parts.pathname.slice(1)) || defaultDatabase;
  return {
    url: parts.origin,
    username: decodeURIComponent(parts.username) || undefined,
    password: decodeURIComponent(parts.password) || undefined,
    place: { database, cluster },
  };
}

/** Sends nothing yet. */
export async function connectTo(
  { url, username, password, place }: EngineAddress,
  { connections, timeoutMs }: { readonly connections: number; readonly timeoutMs: number },
): Promise<EngineConnection> {
  const { createClient, ClickHouseLogLevel } = await import('@clickhouse/client');
  const client = createClient({
    url,
    username,
    password,
    application: 'dovecote',
    http_agent: agentOf(url, connections),
    // The client's own timers of idle connections close one in use when a statement that waited for it was given up.
    keep_alive: { enabled: true, idle_socket_ttl: 0 },
    request_timeout: timeoutMs,
    // Long lists, such as ids to delete, do not fit into a URL.
    use_multipart_params_auto: true,
    // We log errors ourselves, under the id of their request.
    log: { level: ClickHouseLogLevel.OFF },
  });
  return { client, place };
}

/** Its idle connections end by themselves. */
function agentOf(url: string, connections: number): Agent {
  const options = { keepAlive: true, maxSockets: connections, timeout: idleMs };
  return url.startsWith('https:') ? new SecureAgent(options) : new Agent(options);
}
