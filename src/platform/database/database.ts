import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { Connections } from './connections.js';
import { type Announcement, type TransactionSettings, Transaction } from './transaction.js';

/** The road to PostgreSQL: everything runs in a transaction that says for whom. */
@Injectable()
export class Database {
  private readonly connections: Connections;
  private readonly listeners: ((announcement: Announcement) => void)[] = [];

  constructor(private readonly dataSource: DataSource) {
    // TypeORM's types know drivers in general; that of PostgreSQL keeps pg's pool there.
    this.connections = new Connections((dataSource.driver as unknown as { master: Pool }).master);
  }

  /** Connections that work and that rest, and how much work of each kind waits for one. */
  get pool(): Connections['usage'] {
    return this.connections.usage;
  }

  /** For what transactions of this process announce: after the commit, before the caller continues. */
  onAnnounced(listener: (announcement: Announcement) => void): void {
    this.listeners.push(listener);
  }

  async begin(settings: TransactionSettings): Promise<Transaction> {
    const { orgId, kind = 'call', isSecond, signal } = settings;
    const lent = await this.connections.borrow({ kind, orgId, isSecond }, signal);
    return new Transaction(this.dataSource, lent, settings, (announced) => this.tell(announced));
  }

  /** Runs `work` in one transaction: committed when it returns, rolled back when it throws. */
  async transaction<T>(settings: TransactionSettings, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const tx = await this.begin(settings);
    try {
      const result = await work(tx);
      await tx.commit();
      return result;
    } catch (error) {
      // The first error is the one worth reporting.
      await tx.rollback().catch(() => undefined);
      throw error;
    }
  }

  private tell(announced: readonly Announcement[]): void {
    for (const announcement of announced) this.listeners.forEach((listener) => listener(announcement));
  }
}
