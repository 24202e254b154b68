import { Client } from 'pg';
import type { Config } from '../../platform/config/index.js';
import { feedName } from '../../platform/caller/revocation-feed.js';
import { workerConnections } from '../../platform/worker/connections.rules.js';
import { hasBeaten } from '../../platform/worker/heartbeat.js';
import type { OpenDatabase } from '../open-database.js';
import { type Connections, judgeConnections } from './connections.rules.js';
import { examine, type Finding } from './finding.js';

// Each process has one connection that hears revocations, and a worker a row for each lane. The connections of others are
// visible without what they do. What has no role is no connection: a process of PostgreSQL itself.
const read = `
  select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - coalesce(current_setting('reserved_connections', true)::int, 0) as allowed,
         (count(*) filter (where pid <> pg_backend_pid()))::int as used,
         (count(*) filter (where usename <> current_user))::int as "ofOthers",
         (count(*) filter (where usename = current_user and datname = current_database()
                             and application_name = $1))::int as processes,
         coalesce((select max(count) from
           (select count(*)::int as count from worker_heartbeat
             where stopped_at is null and ${hasBeaten('seen_at')}
             group by lane) lanes), 0) as workers
    from pg_stat_activity where usesysid is not null`;

/** Whether PostgreSQL admits the connections of all processes that run, with the sizes that this one is configured with. */
export function examineConnections(
  { appUrl }: OpenDatabase,
  { database, worker }: Config,
): Promise<readonly Finding[]> {
  return examine('connections', 'See the message.', async () => {
    const client = new Client({
      ...{ connectionString: appUrl, application_name: 'dovecote doctor' },
      connectionTimeoutMillis: 10_000,
    });
    await client.connect();
    try {
      const { rows } = await client.query<Connections>(read, [feedName]);
      const per = { process: database.poolSize + 1, worker: workerConnections(worker.slots) };
      return judgeConnections(rows[0]!, per);
    } finally {
      await client.end();
    }
  });
}
