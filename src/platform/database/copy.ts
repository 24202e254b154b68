/**
 * PostgreSQL's COPY as streams. pg lets any object handle a statement by itself; its types leave out the messages of
 * COPY, which it passes on to that class.
 */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { Client, Connection, Submittable } from 'pg';

interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

/** Rows come one by one; handing each on would cost more than reading it. */
const PIECE_BYTES = 256 * 1024;

/** The rows of `COPY … TO STDOUT`. Memory stays small: the socket is not read while the reader is busy. */
export function copyOut(client: Client, statement: string): Readable {
  return client.query(new CopyOut(statement));
}

/** Sends rows to `COPY … FROM STDIN`; answers how many PostgreSQL has taken. A source that fails takes all of them back. */
export async function copyIn(
  client: Client,
  statement: string,
  source: AsyncIterable<Buffer>,
): Promise<number> {
  return client.query(new CopyIn(statement, source)).done;
}

class CopyOut extends Readable implements Submittable {
  private connection: Connection | undefined;
  private piece: Buffer[] = [];
  private bytes = 0;

  constructor(private readonly statement: string) {
    super({ highWaterMark: 4 * PIECE_BYTES });
  }

  submit(connection: Connection): void {
    this.connection = connection;
    connection.query(this.statement);
  }

  override _read(): void {
    this.connection?.stream.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // What the statement still sends is dropped, so that the connection is usable again at its end.
    this.connection?.stream.resume();
    done(error);
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    // A copy: the memory belongs to the parser of the connection, which uses it again.
    this.piece.push(Buffer.from(chunk));
    this.bytes += chunk.length;
    if (this.bytes >= PIECE_BYTES) this.hand();
  }

  handleCommandComplete(): void {
    this.hand();
  }

  handleReadyForQuery(): void {
    this.push(null);
  }

  handleError(error: Error): void {
    this.destroy(error);
  }

  private hand(): void {
    if (this.bytes === 0 || this.destroyed) return;
    const piece = Buffer.concat(this.piece, this.bytes);
    this.piece = [];
    this.bytes = 0;
    if (!this.push(piece)) this.connection?.stream.pause();
  }
}

class CopyIn implements Submittable {
  readonly done: Promise<number>;
  private readonly settle: { resolve: (rows: number) => void; reject: (error: unknown) => void };
  private failure: { readonly error: unknown } | undefined;
  private rows = 0;

  constructor(
    private readonly statement: string,
    private readonly source: AsyncIterable<Buffer>,
  ) {
    const { promise, ...settle } = Promise.withResolvers<number>();
    this.done = promise;
    this.settle = settle;
  }

  submit(connection: Connection): void {
    connection.query(this.statement);
  }

  handleCopyInResponse(connection: Connection): void {
    void this.send(connection as CopyConnection);
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.rows = Number(text.split(' ')[1]);
  }

  handleReadyForQuery(): void {
    if (this.failure) this.settle.reject(this.failure.error);
    else this.settle.resolve(this.rows);
  }

  handleError(error: Error): void {
    // The error of the source comes first, and says more than "COPY from stdin failed".
    this.failure ??= { error };
    // A connection that is lost becomes ready for no other statement.
    this.settle.reject(this.failure.error);
  }

  private async send(connection: CopyConnection): Promise<void> {
    const { stream } = connection;
    try {
      for await (const chunk of this.source) {
        if (this.failure) return;
        connection.sendCopyFromChunk(chunk);
        if (stream.writableNeedDrain) await Promise.race([once(stream, 'drain'), once(stream, 'close')]);
      }
      if (!this.failure) connection.endCopyFrom();
    } catch (error) {
      this.failure ??= { error };
      connection.sendCopyFail('The source of the rows failed.');
    }
  }
}
