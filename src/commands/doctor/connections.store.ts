import { feedName } from '../../platform/caller/revocation-feed.js';
import { type Database, statement } from '../../platform/database/index.js';
import type { Connections } from './connections.rules.js';

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

export async function readConnections(database: Database): Promise<Omit<Connections, 'workers'>> {
  const found = await database.transaction({ readOnly: true }, (tx) =>
    tx.queryOne<Omit<Connections, 'workers'>>(read, [feedName]),
  );
  if (!found) throw new Error('PostgreSQL lists no connections.');
  return found;
}
