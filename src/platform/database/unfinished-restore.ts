import type { Client } from 'pg';
import type { Obstacle } from './obstacle.js';

/** The backup that is being restored into a database. */
export interface UnfinishedRestore {
  readonly backup: string;
  readonly beganAt: Date;
}

/** Undefined when none was begun, or the last one has ended. */
export async function findUnfinishedRestore(owner: Client): Promise<UnfinishedRestore | undefined> {
  const { rows: tables } = await owner.query(
    `select where to_regclass('public.unfinished_restore') is not null`,
  );
  if (tables.length === 0) return undefined;
  const { rows } = await owner.query<UnfinishedRestore>(
    'select backup, began_at as "beganAt" from unfinished_restore',
  );
  return rows[0];
}

/** Before the first row: from here on no server starts on this database. */
export async function markRestore(owner: Client, backup: string): Promise<void> {
  await owner.query(`create table unfinished_restore as select $1::uuid as backup, now() as began_at`, [
    backup,
  ]);
}

/** After the last row of all stores. */
export async function unmarkRestore(owner: Client): Promise<void> {
  await owner.query('drop table unfinished_restore');
}

export async function unfinishedRestoreObstacle(owner: Client): Promise<Obstacle | undefined> {
  const found = await findUnfinishedRestore(owner);
  return (
    found && {
      subject: 'restore',
      text: `The restore of a backup, begun at ${found.beganAt.toISOString()}, has not ended.`,
      advice: 'Run the same "dovecote restore" again; it begins over and leaves nothing twice.',
    }
  );
}
