import type { Logger } from 'pino';
import type { Config } from '../../platform/config/index.js';
import { feedName } from '../../platform/caller/revocation-feed.js';
import { appDataSource } from '../../platform/database/data-source.js';
import { Database, statement } from '../../platform/database/index.js';
import { workerConnections } from '../../platform/worker/connections.rules.js';
import { countWorkers } from '../../platform/worker/presence.js';
import type { OpenDatabase } from '../open-database.js';
import { type Connections, judgeConnections } from './connections.rules.js';
import { examine, type Finding } from './finding.js';

// Each process has one connection that hears revocations. Connections of other roles are listed without what they do;
// rows without a role are processes of PostgreSQL itself.
const read = statement(
  'doctor.connections',
  `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
            - coalesce(current_setting('reserved_connections', true)::int, 0) as allowed,
          (count(*) filter (where pid <> pg_backend_pid()))::int as used,
          (count(*) filter (where usename <> current_user))::int as "ofOthers",
          (count(*) filter (where usename = current_user and datname = current_database()
                              and application_name = $1))::int as processes
     from pg_stat_activity where usesysid is not null`,
);

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
      const found = await database.transaction({ readOnly: true }, (tx) =>
        tx.queryOne<Omit<Connections, 'workers'>>(read, [feedName]),
      );
      if (!found) throw new Error('PostgreSQL lists no connections.');
      const workers = await countWorkers(database);
      return judgeConnections(
        { ...found, workers },
        { process: poolSize + 1, worker: workerConnections(slots) },
      );
    } finally {
      await dataSource.destroy();
    }
  });
}
