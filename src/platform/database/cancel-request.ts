import { once } from 'node:events';
import { connect } from 'node:net';
import type { PoolClient } from 'pg';

/** What pg knows about a connection and its types do not say. */
interface Backend {
  host: string;
  port: number;
  processID: number | null;
  secretKey: number | null;
}

const CANCEL_REQUEST = 80877102;
const PATIENCE_MS = 5_000;

/**
 * Cancels the running statement of a connection by a PostgreSQL cancel request. It needs no connection of the
 * pool, which the statements to be cancelled may have exhausted, and passes through PgBouncer. Like libpq's
 * PQcancel it is sent in plain text: its key can be used for cancelling only.
 */
export async function cancelRequest(client: PoolClient): Promise<void> {
  const { host, port, processID, secretKey } = client as PoolClient & Backend;
  if (!processID || !secretKey) return;
  const message = Buffer.alloc(16);
  [16, CANCEL_REQUEST, processID, secretKey].forEach((value, i) => message.writeInt32BE(value | 0, i * 4));
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.write(message);
  // PostgreSQL hangs up once it has passed the request on.
  await once(socket.resume(), 'close');
}
