import type { Socket } from 'node:net';
import { eventually } from '../support/eventually.js';
import type { TestDatabase } from '../support/test-database.js';
import { type Link, PostgresProxy } from './postgres-proxy.js';

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
  private proxy: PostgresProxy | undefined;

  private constructor() {}

  static async start(database: () => TestDatabase): Promise<HoldingPostgres> {
    const holding = new HoldingPostgres();
    holding.proxy = await PostgresProxy.start(
      database,
      (incoming, outgoing) => new Connection(incoming, outgoing, () => holding.current),
    );
    return holding;
  }

  /** DATABASE_URL and DATABASE_APP_URL of the processes. */
  get env(): Record<string, string> {
    return this.proxy?.env ?? {};
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
    await this.proxy?.stop();
  }
}

class Connection implements Link {
  /** Nothing of the process arrives any more; or nothing of PostgreSQL. */
  private holds: 'process' | 'postgres' | undefined;
  /** The hold that waits for a commit. */
  private awaited: Hold | undefined;
  private isBehind = false;
  private readonly incoming: Socket;
  private readonly outgoing: Socket;
  private readonly hold: () => Hold | undefined;

  constructor(incoming: Socket, outgoing: Socket, hold: () => Hold | undefined) {
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.hold = hold;
  }

  hear(chunk: Buffer): void {
    const hold = this.hold();
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
