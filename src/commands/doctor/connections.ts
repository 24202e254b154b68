import type { Logger } from 'pino';
import type { Config } from '../../platform/config/index.js';
import { appDataSource } from '../../platform/database/data-source.js';
import { Database } from '../../platform/database/index.js';
import { workerConnections } from '../../platform/worker/connections.rules.js';
import { countWorkers } from '../../platform/worker/presence.js';
import type { OpenDatabase } from '../open-database.js';
import { judgeConnections } from './connections.rules.js';
import { readConnections } from './connections.store.js';
import { examine, type Finding } from './finding.js';

/** Whether PostgreSQL admits the connections of all processes that run, with the sizes that this one is configured with. */
export function examineConnections(
  { appUrl }: OpenDatabase,
  { database: { poolSize }, worker: { slots } }: Config,
  log: Logger,
): Promise<readonly Finding[]> {
  return examine('connections', 'See the message.', async () => {
    const dataSource = appDataSource(appUrl, [], { size: 1, applicationName: 'dovecote doctor' }, log);
    await dataSource.initialize();
    try {
      const database = new Database(dataSource);
      const found = { ...(await readConnections(database)), workers: await countWorkers(database) };
      return judgeConnections(found, { process: poolSize + 1, worker: workerConnections(slots) });
    } finally {
      await dataSource.destroy();
    }
  });
}
