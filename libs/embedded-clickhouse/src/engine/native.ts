import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

declare const connectionBrand: unique symbol;
/** One connection of the engine; it runs one statement at a time. */
export interface Connection {
  readonly [connectionBrand]: true;
}

declare const streamBrand: unique symbol;
interface Stream {
  readonly [streamBrand]: true;
}

interface NativePiece {
  readonly bytes: Buffer;
  readonly done: boolean;
}

interface NativeResult {
  readonly bytes: Buffer;
  /** Seconds. */
  readonly elapsed: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

interface NativeWritten {
  readonly elapsed: number;
  readonly rowsWritten: number;
  readonly bytesWritten: number;
}

/** What we use of the addon behind chdb's own JavaScript. Errors carry the engine's text, `Code: 60. DB::Exception: …`. */
export interface Native {
  CreateConnection(path: string, args?: readonly string[]): Connection;
  /** A connection with a running statement must not be closed: the engine would abort. */
  CloseConnection(connection: Connection): void;
  QueryAsyncConnection(connection: Connection, sql: string, format: string): Promise<NativeResult>;
  /** Runs the statement and hands it the bytes; reports what was written. */
  InsertRawAsyncConnection(
    connection: Connection,
    sql: string,
    rows: Buffer,
    countLines: boolean,
  ): Promise<NativeWritten>;
  /** Plans the statement only; throws when that fails. */
  StreamQuery(connection: Connection, sql: string, format: string): Stream;
  StreamFetch(stream: Stream): Promise<NativePiece>;
  StreamCancel(stream: Stream): void;
}

/**
 * Loads the engine into this process, about 240 MB. The addon itself instead of the package's Session: that one lets
 * only some formats insert, does not report written rows of a statement, and runs statements with parameters one by one.
 */
export function loadNative(): Native {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve('chdb/package.json'));
  const loader = require(join(folder, 'dist', 'loader.js')) as { loadNative(): Native };
  return loader.loadNative();
}
