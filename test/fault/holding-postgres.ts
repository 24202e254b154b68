import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { eventually } from '../support/eventually.js';
import type { TestDatabase } from '../support/test-database.js';

/** Where a process is held: before PostgreSQL hears of a statement, or when its transaction is committed, and before it knows. */
export interface HeldStatement {
  /** Its name, as `statement()` has it; how its text begins for one that is planned each time, which is sent without a name. */
  readonly name: string;
  readonly at: 'sent' | 'committed';
  /** Another one that the same transaction has sent before: for statements that everything sends. */
  readonly behind?: string;
}

interface Hold extends HeldStatement {
  reached: boolean;
}

/** Between processes and PostgreSQL: keeps a named statement or its commit back, so that a process can be killed there. */
export class HoldingPostgres {
  private current: Hold | undefined;
  private readonly server: Server;
  private readonly database: () => TestDatabase;

  private constructor(database: () => TestDatabase) {
    this.database = database;
    this.server = createServer((incoming) => this.pass(incoming));
  }

  static async start(database: () => TestDatabase): Promise<HoldingPostgres> {
    const proxy = new HoldingPostgres(database);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  /** DATABASE_URL and DATABASE_APP_URL of the processes. */
  get env(): { DATABASE_URL: string; DATABASE_APP_URL: string } {
    const { ownerUrl, appUrl } = this.database();
    return { DATABASE_URL: this.through(ownerUrl), DATABASE_APP_URL: this.through(appUrl) };
  }

  /** Keeps what one connection says back, for good: the process behind it is to be killed. */
  hold(statement: HeldStatement): () => void {
    const hold = { ...statement, reached: false };
    this.current = hold;
    return () => {
      if (this.current === hold) this.current = undefined;
    };
  }

  async holdsOne(): Promise<void> {
    const hold = this.current;
    await eventually(`${hold?.name} is held`, async () => hold?.reached, 60_000);
  }

  async stop(): Promise<void> {
    this.server.close();
    await once(this.server, 'close');
  }

  private through(url: string): string {
    const changed = new URL(url);
    changed.hostname = '127.0.0.1';
    changed.port = String((this.server.address() as AddressInfo).port);
    changed.searchParams.delete('host');
    return changed.href;
  }

  private pass(incoming: Socket): void {
    const { hostname, port, searchParams } = new URL(this.database().ownerUrl);
    // As libpq has it: a parameter names the folder of the socket.
    const folder = searchParams.get('host');
    const outgoing = folder
      ? connect(join(folder, `.s.PGSQL.${port}`))
      : connect(Number(port || 5432), hostname);
    const connection = new Connection(incoming, outgoing);
    incoming.on('data', (chunk) => connection.hear(chunk, this.current));
    outgoing.on('data', (chunk) => connection.answer(chunk));
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const)
      one.on('error', () => undefined).on('close', () => other.destroy());
  }
}

class Connection {
  /** Nothing of the process arrives any more; or nothing of PostgreSQL. */
  private holds: 'process' | 'postgres' | undefined;
  /** The hold that waits for a commit. */
  private awaited: Hold | undefined;
  private isBehind = false;
  private readonly incoming: Socket;
  private readonly outgoing: Socket;

  constructor(incoming: Socket, outgoing: Socket) {
    this.incoming = incoming;
    this.outgoing = outgoing;
  }

  hear(chunk: Buffer, hold: Hold | undefined): void {
    if (hold && !hold.reached && this.holds === undefined) this.compare(chunk, hold);
    if (this.holds !== 'process') this.outgoing.write(chunk);
  }

  answer(chunk: Buffer): void {
    if (this.holds !== 'postgres') {
      this.incoming.write(chunk);
      return;
    }
    // The answer itself says that the transaction is committed.
    if (this.awaited && chunk.includes('COMMIT\0')) this.awaited.reached = true;
  }

  private compare(chunk: Buffer, hold: Hold): void {
    const isThere = hold.behind === undefined || this.isBehind;
    if (isThere && names(chunk, hold.name)) {
      if (hold.at === 'sent') {
        this.holds = 'process';
        hold.reached = true;
        return;
      }
      this.awaited = hold;
    }
    if (hold.behind !== undefined && names(chunk, hold.behind)) this.isBehind = true;
    const [end] = /\b(?:commit|rollback)\b/.exec(chunk.toString('latin1')) ?? [];
    if (end === undefined) return;
    this.isBehind = false;
    if (end === 'commit' && this.awaited) this.holds = 'postgres';
    else this.awaited = undefined;
  }
}

/** A name ends with a zero, in the message that prepares a statement and in those that bind it. */
function names(chunk: Buffer, statement: string): boolean {
  return chunk.includes(statement.includes(' ') ? statement : `${statement}\0`);
}
