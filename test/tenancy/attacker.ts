import { Client, DatabaseError } from 'pg';
import type { TestDatabase } from '../support/test-database.js';

export const insufficientPrivilege = '42501';

export type Outcome = { rows: unknown[]; count: number } | { refused: string; message: string };

/** A connection of the app role, as somebody would hold who makes the server send SQL of their own. */
export class Attacker {
  readonly client: Client;

  private constructor(client: Client) {
    this.client = client;
  }

  static async connect(database: TestDatabase): Promise<Attacker> {
    const client = new Client({ connectionString: database.appUrl });
    await client.connect();
    return new Attacker(client);
  }

  /** As the server would: for one organization; then whatever happened is undone. */
  async asTenant<T>(orgId: string | undefined, work: () => Promise<T>): Promise<T> {
    await this.client.query('begin');
    try {
      if (orgId !== undefined) await this.client.query(`select set_config('app.org_id', $1, true)`, [orgId]);
      return await work();
    } finally {
      await this.client.query('rollback');
    }
  }

  async attempt(sql: string, values: unknown[] = []): Promise<Outcome> {
    try {
      const { rows, rowCount } = await this.client.query(sql, values);
      return { rows, count: rowCount ?? 0 };
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      return { refused: error.code ?? '', message: `${error.message} ${error.detail ?? ''}` };
    }
  }

  end(): Promise<void> {
    return this.client.end();
  }
}
