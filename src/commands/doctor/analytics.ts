import { findEmbeddedClickHouse } from '@dovecote/embedded-clickhouse';
import {
  addressOf,
  connectTo,
  type EngineConnection,
  engineObstacles,
  folderOf,
  readVersion,
} from '../../platform/analytics-store/index.js';
import type { Config } from '../../platform/config/index.js';
import type { Finding } from './finding.js';
import { examine, fail, ok } from './finding.js';

const patience = { connections: 1, timeoutMs: 10_000 };

/** Whether the analytics engine answers, and is one that this program can work with. An embedded one is not started. */
export async function examineAnalytics({ analytics, dataDir }: Config): Promise<readonly Finding[]> {
  const { server } = analytics;
  if (server !== undefined)
    return examine('analytics', 'Start ClickHouse or correct CLICKHOUSE_URL.', async () =>
      examineEngine(await connectTo(addressOf(server), patience), 'ClickHouse'),
    );
  const found = await findEmbeddedClickHouse(folderOf(dataDir));
  if (found === undefined)
    return [ok('analytics', 'embedded, not running; several machines need CLICKHOUSE_URL')];
  const address = addressOf({ url: found.url });
  return examine('analytics', 'See the log of the server that runs it.', async () =>
    examineEngine(await connectTo({ ...found, place: address.place }, patience), 'embedded ClickHouse'),
  );
}

async function examineEngine(connection: EngineConnection, name: string): Promise<readonly Finding[]> {
  try {
    const version = await readVersion(connection);
    const obstacles = await engineObstacles(connection);
    if (obstacles.length === 0) return [ok('analytics', `${name} ${version}`)];
    return obstacles.map(({ subject, text, advice }) => fail(subject, text, advice));
  } finally {
    await connection.client.close();
  }
}
