import { Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { type TransactionSettings, Transaction } from './transaction.js';

/** The road to PostgreSQL: everything runs in a transaction that says for whom. */
@Injectable()
export class Database {
  constructor(private readonly dataSource: DataSource) {}

  /** Connections that work and that rest, and how many wait for one. */
  get pool(): { inUse: number; idle: number; waiting: number } {
    // TypeORM's types know drivers in general; that of PostgreSQL keeps pg's pool there.
    const { totalCount, idleCount, waitingCount } = (this.dataSource.driver as unknown as { master: Pool })
      .master;
    return { inUse: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  begin(settings: TransactionSettings): Promise<Transaction> {
    return Transaction.begin(this.dataSource, settings);
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
}
