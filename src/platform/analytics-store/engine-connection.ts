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
    max_open_connections: connections,
    request_timeout: timeoutMs,
    // Long lists, such as ids to delete, do not fit into a URL.
    use_multipart_params_auto: true,
    // We log errors ourselves, under the id of their request.
    log: { level: ClickHouseLogLevel.OFF },
  });
  return { client, place };
}
