import { migrations } from '#migrations';
import { unknownMigrations } from './analytics-load.js';
import type { BackupTarget } from './backup-target.js';
import { linesOf } from './lines-reader.js';
import type { BackupFile, Manifest } from './manifest.js';
import { bytesOf, storedObjects } from './stored-object.js';

export interface Checked {
  readonly files: number;
  readonly bytes: number;
  readonly rows: number;
}

/** Reads all of a backup; fails with a BackupError that names the first file which is not what was written. */
export async function checkFiles(target: BackupTarget, manifest: Manifest): Promise<Checked> {
  const total = { files: 0, bytes: 0, rows: 0 };
  for (const file of filesOf(manifest)) {
    for await (const _ of linesOf(target, file)) {
      // The reader compares at the end.
    }
    total.files += 1;
    total.bytes += file.bytes;
    total.rows += file.rows;
  }
  for await (const object of storedObjects(target, manifest.objects)) {
    for await (const _ of bytesOf(target, object)) {
      // The same.
    }
    total.files += 1;
    total.bytes += object.bytes;
  }
  return total;
}

function* filesOf({ postgres, analytics, objects }: Manifest): Generator<BackupFile> {
  for (const { files } of [...postgres.tables, ...(analytics?.tables ?? [])]) yield* files;
  yield* objects.list;
}

/** What this program is too old for, in a sentence; undefined when it knows every schema of the backup. */
export function describeNewer({ program, postgres, analytics }: Manifest): string | undefined {
  const known = new Set(migrations.map((Migration) => new Migration().name as string));
  const unknown = [
    ...postgres.migrations.filter((name) => !known.has(name)),
    ...unknownMigrations(analytics),
  ];
  return unknown.length === 0
    ? undefined
    : `The backup is of a newer program (${program}): ${unknown.join(', ')}. Upgrade this one.`;
}
