import type { Client } from 'pg';
import { type Database, readStatement } from '../database/index.js';

const MOST_ROWS = 100;

export interface BackupRun {
  readonly place: string;
  readonly beganAt: Date;
  /** Undefined: it is complete. */
  readonly error?: string;
}

/** By the owner, who makes backups. Earlier runs than the last hundred are deleted. */
export async function noteBackupRun(owner: Client, { place, beganAt, error }: BackupRun): Promise<void> {
  await owner.query('insert into backup_run (place, began_at, ended_at, error) values ($1, $2, now(), $3)', [
    place,
    beganAt,
    error?.slice(0, 1000) ?? null,
  ]);
  await owner.query('delete from backup_run where id <= (select max(id) from backup_run) - $1::int', [
    MOST_ROWS,
  ]);
}

export interface BackupHistory {
  /** Null: none was ever made. */
  readonly lastSuccess: Date | null;
  /** Why the latest run failed; null when it was complete. */
  readonly lastError: string | null;
}

const history = readStatement(
  'backup_run.history',
  `select (select max(ended_at) from backup_run where error is null) as "lastSuccess",
          (select error from backup_run order by id desc limit 1) as "lastError"`,
);

export async function readBackupHistory(database: Database): Promise<BackupHistory> {
  const found = await database.transaction({ readOnly: true }, (tx) => tx.queryOne<BackupHistory>(history));
  return found ?? { lastSuccess: null, lastError: null };
}
