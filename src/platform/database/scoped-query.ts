import pg, {
  type Connection,
  type PoolClient,
  type QueryConfig,
  type QueryResult,
  type QueryResultRow,
} from 'pg';
import { sendInOneWrite } from './one-write.js';

/** What pg's Query does with the messages of the protocol; its types leave it out. */
interface ProtocolQuery extends pg.Submittable {
  prepare(connection: Connection): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: Connection): void;
}

type Done = (error: Error | undefined, result: QueryResult) => void;

// The types know neither the methods nor that the configuration may ask for the extended protocol.
const Query = pg.Query as unknown as new (
  config: QueryConfig & { queryMode: 'extended' },
  values: undefined,
  done: Done,
) => ProtocolQuery;

/** A prepared statement that sets what row-level security reads, and its values. */
export interface Scoping {
  name: string;
  values: string[];
}

/**
 * A query with its settings in front of it. PostgreSQL takes what comes before one Sync as one transaction: the
 * settings hold for the query and end with it, and neither begin nor commit has to be sent.
 */
class ScopedQuery extends Query {
  private scoped = false;

  constructor(
    query: QueryConfig,
    private readonly scoping: Scoping,
    done: Done,
  ) {
    super({ ...query, queryMode: 'extended' }, undefined, done);
  }

  override prepare(connection: Connection): void {
    connection.bind({ statement: this.scoping.name, values: this.scoping.values }, true);
    connection.execute({}, true);
    super.prepare(connection);
  }

  override handleDataRow(message: unknown): void {
    if (this.scoped) super.handleDataRow(message);
  }

  override handleCommandComplete(message: unknown, connection: Connection): void {
    if (this.scoped) super.handleCommandComplete(message, connection);
    this.scoped = true;
  }
}

/**
 * Runs the query in its own transaction. The scoping statement has been prepared on the connection before.
 */
export function runScoped<Row extends QueryResultRow>(
  client: PoolClient,
  query: QueryConfig,
  scoping: Scoping,
): Promise<QueryResult<Row>> {
  sendInOneWrite(client);
  return new Promise((resolve, reject) => {
    const done: Done = (error, result) => (error ? reject(error) : resolve(result as QueryResult<Row>));
    client.query(new ScopedQuery(query, scoping, done));
  });
}

/** Whether the connection has prepared the statement. */
export function hasPrepared({ connection }: PoolClient, name: string): boolean {
  // pg keeps the texts by name; its types leave that out.
  const { parsedStatements } = connection as Connection & { parsedStatements: Record<string, string> };
  return Object.hasOwn(parsedStatements, name);
}
