import type { Socket } from 'node:net';
import type { TestDatabase } from '../support/test-database.js';
import { type Link, PostgresProxy } from './postgres-proxy.js';

/** Between processes and PostgreSQL: a network that cuts connections, at the worst moment if told so. */
export class LossyPostgres {
  private readonly links = new Set<LossyLink>();
  /** Told once the commit is lost. */
  private onLoss: (() => void) | undefined;
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
  async loseNextCommit(waitMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.onLoss = () => resolve(true);
    const timer = setTimeout(() => resolve(false), waitMs);
    const lost = await promise;
    clearTimeout(timer);
    this.onLoss = undefined;
    return lost;
  }

  async stop(): Promise<void> {
    this.cutAll();
    await this.proxy?.stop();
  }

  private link(incoming: Socket, outgoing: Socket): LossyLink {
    const link = new LossyLink(incoming, outgoing, () => this.takeLoss());
    this.links.add(link);
    incoming.once('close', () => this.links.delete(link));
    return link;
  }

  /** The first connection that sends a commit takes the loss. */
  private takeLoss(): (() => void) | undefined {
    const loss = this.onLoss;
    this.onLoss = undefined;
    return loss;
  }
}

class LossyLink implements Link {
  private readonly incoming: Socket;
  private readonly outgoing: Socket;
  private readonly takeLoss: () => (() => void) | undefined;
  private onLoss: (() => void) | undefined;

  constructor(incoming: Socket, outgoing: Socket, takeLoss: () => (() => void) | undefined) {
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.takeLoss = takeLoss;
  }

  hear(chunk: Buffer): void {
    if (!this.onLoss && /\bcommit\b/.test(chunk.toString('latin1'))) this.onLoss = this.takeLoss();
    this.outgoing.write(chunk);
  }

  answer(chunk: Buffer): void {
    if (!this.onLoss) this.incoming.write(chunk);
    // The answer itself says that the transaction is committed.
    else if (chunk.includes('COMMIT\0')) {
      this.onLoss();
      this.cut();
    }
  }

  cut(): void {
    this.incoming.destroy();
    this.outgoing.destroy();
  }
}
