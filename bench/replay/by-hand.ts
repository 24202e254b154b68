import { randomUUID } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Pool } from 'pg';

/** As many as a server has by default. */
const CONNECTIONS = 10;

/** The least that keeps a chunk: its bytes as they were sent in a file, on the disk, and one row. */
export class ByHand {
  private constructor(
    private readonly pool: Pool,
    private readonly folder: string,
  ) {}

  static async open(databaseUrl: string, folder: string): Promise<ByHand> {
    const pool = new Pool({ connectionString: databaseUrl, max: CONNECTIONS });
    await pool.query(
      'create table by_hand (session_id uuid, sequence integer, file uuid, bytes integer, primary key (session_id, sequence))',
    );
    await mkdir(folder, { recursive: true });
    return new ByHand(pool, folder);
  }

  async add(sessionId: string, sequence: number, body: Uint8Array): Promise<void> {
    const id = randomUUID();
    const file = await open(join(this.folder, id), 'w');
    try {
      await file.writeFile(body);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.pool.query('insert into by_hand values ($1, $2, $3, $4)', [
      sessionId,
      sequence,
      id,
      body.length,
    ]);
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
