import { exceptionOf } from '../exception.js';
import { quotedName } from '../statement/quote.js';
import { killAllStatement, killStatement } from '../statement/tag.js';
import { assignmentsOf } from './assignments.js';
import type { Connection, Native } from './native.js';

export interface Run {
  readonly sql: string;
  /** Output format of a statement that names none. */
  readonly format: string;
  /** Undefined: `default`. */
  readonly database: string | undefined;
  readonly settings: readonly (readonly [name: string, value: string])[];
  /** Bound parameters by name, their values escaped as in a column of TabSeparated. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** Rows behind an `INSERT … VALUES`. Any, for a statement whose written rows are to be counted. */
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

const nothing = { bytes: Buffer.alloc(0), rowsRead: 0, bytesRead: 0, rowsWritten: 0, bytesWritten: 0 };

const FIRST_KILL_PAUSE_MS = 50;
const LONGEST_KILL_PAUSE_MS = 2_000;

/**
 * The engine of one data folder. Every statement gets its own connection (0.4 ms), so that settings, parameters,
 * the current database and temporary tables end with it. Methods reject with an Exception.
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

  /** Runs the statement to its end, its result in one piece. */
  run(run: Run): Promise<Outcome> {
    const { sql, format, rows } = run;
    return this.onConnection(async (connection) => {
      await this.configure(connection, run);
      return rows === undefined
        ? { ...nothing, ...(await this.native.QueryAsyncConnection(connection, sql, format)) }
        : { ...nothing, ...(await this.native.InsertRawAsyncConnection(connection, sql, rows, false)) };
    });
  }

  /**
   * Runs a SELECT as fast as its result is taken, in pieces of some ten thousand rows. The pieces are whole results, so
   * that it suits only formats that write row after row and nothing around them.
   */
  async *stream(run: Run): AsyncGenerator<Buffer, void> {
    const connection = this.native.CreateConnection(this.path);
    try {
      await this.configure(connection, run);
      yield* this.piecesOf(connection, run);
    } catch (error) {
      throw exceptionOf(error);
    } finally {
      this.native.CloseConnection(connection);
    }
  }

  /** Ends the statement with the id as soon as it runs, and whatever happens by the time `done` settles. */
  async kill(queryId: string, done: Promise<unknown>): Promise<void> {
    let isDone = false;
    const settle = (): void => void (isDone = true);
    const settled = done.then(settle, settle);
    let pauseMs = FIRST_KILL_PAUSE_MS;
    while (!isDone) {
      await this.command(killStatement(queryId));
      await Promise.race([settled, pause(pauseMs)]);
      pauseMs = Math.min(2 * pauseMs, LONGEST_KILL_PAUSE_MS);
    }
  }

  async killAll(): Promise<void> {
    await this.command(killAllStatement);
  }

  /** Takes the engine down; no statement may be running. */
  close(): void {
    this.native.CloseConnection(this.keeper);
  }

  private async configure(connection: Connection, run: Run): Promise<void> {
    for (const statement of [...databaseOf(run), ...assignmentsOf(run)])
      await this.native.QueryAsyncConnection(connection, statement, 'Null');
  }

  private async *piecesOf(connection: Connection, { sql, format }: Run): AsyncGenerator<Buffer, void> {
    const handle = this.native.StreamQuery(connection, sql, format);
    let isOpen = true;
    try {
      while (isOpen) {
        const piece = await this.native.StreamFetch(handle).catch((error: unknown) => {
          isOpen = false;
          throw error;
        });
        isOpen = !piece.done;
        if (isOpen) yield piece.bytes;
      }
    } finally {
      // A stream that has ended or failed has closed itself.
      if (isOpen) this.native.StreamCancel(handle);
    }
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

function databaseOf({ database }: Run): string[] {
  return database === undefined || database === 'default' ? [] : [`USE ${quotedName(database)}`];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
