import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TestDatabase } from '../support/test-database.js';

/** What a spec does with one connection of a process to PostgreSQL. */
export interface Link {
  /** The process says something. */
  hear(chunk: Buffer): void;
  /** PostgreSQL says something. */
  answer(chunk: Buffer): void;
}

/** Stands between processes and PostgreSQL. */
export class PostgresProxy {
  private readonly server: Server;
  private readonly database: () => TestDatabase;

  private constructor(database: () => TestDatabase, link: (process: Socket, postgres: Socket) => Link) {
    this.database = database;
    this.server = createServer((incoming) => this.pass(incoming, link));
  }

  static async start(
    database: () => TestDatabase,
    link: (process: Socket, postgres: Socket) => Link,
  ): Promise<PostgresProxy> {
    const proxy = new PostgresProxy(database, link);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  /** DATABASE_URL and DATABASE_APP_URL of the processes. */
  get env(): { DATABASE_URL: string; DATABASE_APP_URL: string } {
    const { ownerUrl, appUrl } = this.database();
    return { DATABASE_URL: this.through(ownerUrl), DATABASE_APP_URL: this.through(appUrl) };
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

  private pass(incoming: Socket, link: (process: Socket, postgres: Socket) => Link): void {
    const { hostname, port, searchParams } = new URL(this.database().ownerUrl);
    // As libpq has it: a parameter names the folder of the socket.
    const folder = searchParams.get('host');
    const outgoing = folder
      ? connect(join(folder, `.s.PGSQL.${port}`))
      : connect(Number(port || 5432), hostname);
    const ends = link(incoming, outgoing);
    incoming.on('data', (chunk) => ends.hear(chunk));
    outgoing.on('data', (chunk) => ends.answer(chunk));
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const)
      one.on('error', () => undefined).on('close', () => other.destroy());
  }
}
