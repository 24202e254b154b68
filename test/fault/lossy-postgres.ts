import type { Socket } from 'node:net';
import type { TestDatabase } from '../support/test-database.js';
import { type Link, PostgresProxy } from './postgres-proxy.js';

/** What is lost: the first answer of that kind to something of that kind. */
interface Loss {
  readonly asked: RegExp;
  readonly answered: string;
  happen(): void;
}

// The answers themselves say that the transaction is committed, and that there was a job to fetch.
const lostCommit = { asked: /\bcommit\b/, answered: 'COMMIT\0' };
const lostFetch = { asked: /\bskip locked\b/i, answered: 'UPDATE 1\0' };

/** Between processes and PostgreSQL: a network that cuts connections, at the worst moment if told so. */
export class LossyPostgres {
  private readonly links = new Set<LossyLink>();
  private next: Loss | undefined;
  private proxy: PostgresProxy | undefined;

  private constructor() {}

  static async start(database: () => TestDatabase): Promise<LossyPostgres> {
    const lossy = new LossyPostgres();
    lossy.proxy = await PostgresProxy.start(database, (incoming, outgoing) => lossy.link(incoming, outgoing));
    return lossy;
  }

  /** DATABASE_URL and DATABASE_APP_URL of the processes. */
  get env(): Record<string, string> {
    return this.proxy?.env ?? {};
  }

  /** As a switch that restarts. */
  cutAll(): void {
    for (const link of this.links) link.cut();
  }

  /** The next transaction is committed, and its process is not told. False when no commit is sent in time. */
  loseNextCommit(waitMs: number): Promise<boolean> {
    return this.lose(lostCommit, waitMs);
  }

  /** The next job is locked by a worker that is not told. False when none is fetched in time. */
  loseNextFetch(waitMs: number): Promise<boolean> {
    return this.lose(lostFetch, waitMs);
  }

  async stop(): Promise<void> {
    this.cutAll();
    await this.proxy?.stop();
  }

  private async lose(what: Pick<Loss, 'asked' | 'answered'>, waitMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.next = { ...what, happen: () => resolve(true) };
    const timer = setTimeout(() => resolve(false), waitMs);
    const isLost = await promise;
    clearTimeout(timer);
    this.next = undefined;
    return isLost;
  }

  private link(incoming: Socket, outgoing: Socket): LossyLink {
    const link = new LossyLink(incoming, outgoing, this);
    this.links.add(link);
    incoming.once('close', () => this.links.delete(link));
    return link;
  }

  /** Whether the answer to it may be the one to lose. */
  concerns(text: string): boolean {
    return this.next?.asked.test(text) ?? false;
  }

  /** Whether the answer is the one to lose: true once. */
  take(answer: Buffer): boolean {
    const { next } = this;
    if (!next || !answer.includes(next.answered)) return false;
    this.next = undefined;
    next.happen();
    return true;
  }
}

class LossyLink implements Link {
  private readonly incoming: Socket;
  private readonly outgoing: Socket;
  private readonly network: LossyPostgres;
  private hasAsked = false;

  constructor(incoming: Socket, outgoing: Socket, network: LossyPostgres) {
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.network = network;
  }

  hear(chunk: Buffer): void {
    this.hasAsked = this.network.concerns(chunk.toString('latin1'));
    this.outgoing.write(chunk);
  }

  answer(chunk: Buffer): void {
    if (this.hasAsked && this.network.take(chunk)) this.cut();
    else this.incoming.write(chunk);
  }

  cut(): void {
    this.incoming.destroy();
    this.outgoing.destroy();
  }
}
