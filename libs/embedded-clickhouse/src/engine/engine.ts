import { Exception, exceptionOf } from '../exception.js';
import { killAllStatement, killStatement } from '../statement/tag.js';
import { quoted, quotedName } from '../statement/quote.js';
import type { Connection, Native } from './native.js';

export interface Run {
  readonly sql: string;
  /** Output format of a statement that names none. */
  readonly format: string;
  readonly database: string | undefined;
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Bound parameters by name, their values escaped as in a column of TabSeparated. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** Rows of an `INSERT … VALUES`; an empty buffer for a statement that writes and brings no rows. */
  readonly rows?: Buffer;
}

export interface Outcome {
  readonly bytes: Buffer;
  /** Seconds. */
  readonly elapsed: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly rowsWritten: number;
  readonly bytesWritten: number;
}

const noRows = { bytes: Buffer.alloc(0), rowsRead: 0, bytesRead: 0, rowsWritten: 0, bytesWritten: 0 };

const settingName = /^[A-Za-z_][\w.]*$/;
/** The engine's own default, which holds for the statement; the parameters may be longer. */
const defaultMaxQuerySize = '262144';
const killPauseMs = 100;

/**
 * The engine of one data folder. Every statement gets a connection of its own (0.4 ms), so that settings, parameters,
 * the current database and temporary tables end with it.
 */
export class Engine {
  private readonly keeper: Connection;

  private constructor(
    private readonly native: Native,
    private readonly path: string,
    args: readonly string[],
  ) {
    // The first connection brings the engine up with its configuration, the last one takes it down.
    this.keeper = native.CreateConnection(path, args);
  }

  static open(native: Native, path: string, args: readonly string[]): Engine {
    return new Engine(native, path, args);
  }

  async version(): Promise<string> {
    const { bytes } = await this.onConnection((connection) =>
      this.native.QueryAsyncConnection(connection, 'SELECT version()', 'TSVRaw'),
    );
    return bytes.toString().trim();
  }

  /** Rejects with an Exception. */
  run({ sql, format, database, settings, parameters, rows }: Run): Promise<Outcome> {
    return this.onConnection(async (connection) => {
      const query = (text: string): Promise<unknown> =>
        this.native.QueryAsyncConnection(connection, text, 'Null');
      if (database !== undefined) await query(`USE ${quotedName(database)}`);
      const assignments = assignmentsOf(settings, parameters);
      if (parameters.length > 0) await query('SET max_query_size = 1073741824');
      if (assignments.length > 0) await query(`SET ${assignments.join(', ')}`);
      const readonly = settings.find(([name]) => name === 'readonly');
      if (readonly !== undefined) await query(`SET readonly = ${quoted(readonly[1])}`);
      if (rows === undefined) {
        return { ...noRows, ...(await this.native.QueryAsyncConnection(connection, sql, format)) };
      }
      return { ...noRows, ...(await this.native.InsertRawAsyncConnection(connection, sql, rows, false)) };
    });
  }

  /** Ends the statement with the id as soon as it runs; resolves when `done` does, whatever the statement does. */
  async kill(queryId: string, done: Promise<unknown>): Promise<void> {
    let isDone = false;
    const settled = done.then(
      () => (isDone = true),
      () => (isDone = true),
    );
    while (!isDone) {
      await this.command(killStatement(queryId));
      await Promise.race([settled, pause(killPauseMs)]);
    }
  }

  async killAll(): Promise<void> {
    await this.command(killAllStatement);
  }

  /** Takes the engine down; no statement may be running. */
  close(): void {
    this.native.CloseConnection(this.keeper);
  }

  private async command(sql: string): Promise<void> {
    await this.onConnection((connection) => this.native.QueryAsyncConnection(connection, sql, 'Null'));
  }

  private async onConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = this.native.CreateConnection(this.path);
    try {
      return await work(connection);
    } catch (error) {
      throw exceptionOf(error);
    } finally {
      this.native.CloseConnection(connection);
    }
  }
}

/** `readonly` comes last and by itself: after it nothing can be set. */
function assignmentsOf(settings: Run['settings'], parameters: Run['parameters']): string[] {
  const assigned = settings.filter(([name]) => name !== 'readonly');
  const hasQuerySize = assigned.some(([name]) => name === 'max_query_size');
  const all = [
    ...assigned,
    ...parameters.map(([name, value]) => [`param_${name}`, value] as const),
    ...(parameters.length > 0 && !hasQuerySize ? [['max_query_size', defaultMaxQuerySize] as const] : []),
  ];
  return all.map(([name, value]) => {
    if (!settingName.test(name)) {
      throw new Exception(
        115,
        'UNKNOWN_SETTING',
        `Setting ${name} is neither a builtin setting nor started with the prefix 'SQL_' registered for user-defined settings`,
      );
    }
    return `${name} = ${quoted(value)}`;
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
