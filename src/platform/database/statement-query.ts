import pg, { type Connection, type PoolClient, type QueryConfig, type QueryResultRow } from 'pg';
import { sendInOneWrite } from './one-write.js';
import { type FieldDescription, RowShape } from './row-shape.js';

/** The rows of a statement, and how many rows it touched. */
export interface StatementResult<Row> {
  rows: Row[];
  rowCount: number | null;
}

/** A prepared statement that sets what row-level security reads, and its values. */
export interface Scoping {
  readonly name: string;
  readonly values: readonly string[];
}

/** What pg keeps about the statements of a connection; its types leave it out. */
type PreparedConnection = Connection & {
  readonly parsedStatements: Record<string, string>;
  readonly submittedNamedStatements: Record<string, string>;
};

// pg exports its conversion of values, which its types leave out.
const { prepareValue } = (pg as unknown as { utils: { prepareValue(value: unknown): unknown } }).utils;

/**
 * What is known about the rows of the named statements of a connection. PostgreSQL refuses a prepared statement whose
 * result has changed, so a shape stays right as long as its statement runs.
 */
const knownShapes = new WeakMap<Connection, Map<string, RowShape>>();

function shapesOf(connection: Connection): Map<string, RowShape> {
  const known = knownShapes.get(connection);
  if (known) return known;
  const shapes = new Map<string, RowShape>();
  knownShapes.set(connection, shapes);
  return shapes;
}

/**
 * One statement on a pipelined connection, in the extended protocol. It differs from pg's own query in what it does not
 * do: it copies no configuration, asks for the description of its rows once per connection, and emits no events.
 *
 * With a scoping, the settings travel in front of the statement. PostgreSQL takes what comes before one Sync as one
 * transaction: the settings hold for the statement and end with it, and neither begin nor commit has to be sent.
 */
class StatementQuery<Row extends QueryResultRow> {
  readonly name: string | undefined;
  readonly text: string;
  private readonly values: unknown[];
  private readonly found: Row[] = [];
  private rowCount: number | null = null;
  private shape: RowShape | undefined;
  private failure: unknown;
  /** The settings come first, and their one row and completion with them. */
  private settingsPending: boolean;
  /** Called once; pg replaces it when it gives up a query. */
  callback: (error: unknown, result?: StatementResult<Row>) => void;

  constructor(
    private readonly client: PoolClient,
    query: QueryConfig,
    private readonly scoping: Scoping | undefined,
    callback: (error: unknown, result?: StatementResult<Row>) => void,
  ) {
    this.name = query.name;
    this.text = query.text;
    this.values = (query.values ?? []).map(prepareValue);
    this.settingsPending = scoping !== undefined;
    this.callback = callback;
  }

  /** Called by pg when the connection takes the query; returns what is wrong with it. */
  submit(connection: PreparedConnection): Error | null {
    const { name, text, values, scoping } = this;
    const { parsedStatements, submittedNamedStatements } = connection;
    const prepared = name && (parsedStatements[name] ?? submittedNamedStatements[name]);
    if (prepared && prepared !== text)
      return new Error(`Prepared statements must be unique: '${name}' stands for another text.`);
    if (scoping) {
      connection.bind({ statement: scoping.name, values: [...scoping.values] }, true);
      connection.execute({}, true);
    }
    if (!prepared) {
      connection.parse({ name: name ?? '', text, types: [] }, true);
      if (name) submittedNamedStatements[name] = text;
    }
    connection.bind({ statement: name ?? '', values: values as string[] }, true);
    this.shape = prepared && name ? shapesOf(connection).get(name) : undefined;
    if (!this.shape) connection.describe({ type: 'P', name: '' }, true);
    connection.execute({}, true);
    connection.sync();
    return null;
  }

  handleRowDescription({ fields }: { fields: FieldDescription[] }): void {
    this.shape = new RowShape(fields, (type) => {
      // Its result is any in the types of pg.
      return this.client.getTypeParser(type, 'text') as (text: string) => unknown;
    });
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    if (this.settingsPending || this.failure !== undefined) return;
    try {
      this.found.push(this.shape!.read(fields) as Row);
    } catch (error) {
      // Told when PostgreSQL is ready: the messages behind this one belong to this query, too.
      this.failure = error;
    }
  }

  handleCommandComplete({ text }: { text: string }, connection: Connection): void {
    if (this.settingsPending) {
      this.settingsPending = false;
      return;
    }
    this.rowCount = rowCountOf(text);
    // Without a description there are no rows; that need not be asked again either.
    this.shape ??= RowShape.none;
    if (this.name) shapesOf(connection).set(this.name, this.shape);
  }

  handleError(error: unknown, connection: Connection): void {
    if (this.name) shapesOf(connection).delete(this.name);
    this.callback(this.failure ?? error);
  }

  handleReadyForQuery(connection: Connection): void {
    if (this.failure !== undefined) this.handleError(this.failure, connection);
    else this.callback(null, { rows: this.found, rowCount: this.rowCount });
  }

  handleEmptyQuery(): void {}

  /** A statement of a store never copies. */
  handleCopyInResponse(connection: Connection & { sendCopyFail(reason: string): void }): void {
    connection.sendCopyFail('No data to copy.');
  }

  handleCopyData(): void {}
}

// In pipeline mode pg takes nothing but its own queries, because others may keep a portal open. This one keeps none, and
// calling pg's constructor is what it is here to avoid.
Object.setPrototypeOf(StatementQuery.prototype, pg.Query.prototype as object);

/** Sends the statement; with a scoping, in its own transaction. The scoping statement must be prepared. */
export function runStatement<Row extends QueryResultRow>(
  client: PoolClient,
  query: QueryConfig,
  scoping?: Scoping,
): Promise<StatementResult<Row>> {
  sendInOneWrite(client);
  return new Promise((resolve, reject) => {
    const settle = (error: unknown, result?: StatementResult<Row>): void =>
      // What PostgreSQL refuses arrives as pg's DatabaseError.
      result ? resolve(result) : reject(error);
    // pg calls its own handlers on a query; its types ask for submit() only, with another result.
    client.query(new StatementQuery<Row>(client, query, scoping, settle) as unknown as pg.Submittable);
  });
}

/** Whether the connection has prepared the statement. */
export function hasPrepared({ connection }: PoolClient, name: string): boolean {
  return Object.hasOwn((connection as PreparedConnection).parsedStatements, name);
}

/** `INSERT 0 5`, `SELECT 3`, `UPDATE 1`; null for `BEGIN` and the like. */
function rowCountOf(commandTag: string): number | null {
  const count = Number.parseInt(commandTag.slice(commandTag.lastIndexOf(' ') + 1), 10);
  return Number.isNaN(count) ? null : count;
}
