import type { BackupTarget } from './backup-target.js';
import { manifestName } from './manifest-name.js';
import { folderOf, isFolderName } from './shelf.rules.js';

/** A place for a new backup, in a folder that is named after the time. */
export function nextOn(shelf: BackupTarget, now: Date): BackupTarget {
  return shelf.within(folderOf(now));
}

/**
 * Deletes all but the latest complete backups, and those that were interrupted. Only for the one that makes backups: what is
 * incomplete now is so for good. Answers the names of what it has deleted.
 */
export async function keepLatest(shelf: BackupTarget, keep: number): Promise<readonly string[]> {
  const names = [...(await shelf.names())].filter(isFolderName).sort().reverse();
  const deleted: string[] = [];
  let kept = 0;
  for (const name of names) {
    const backup = shelf.within(name);
    const isComplete = (await backup.names()).includes(manifestName);
    if (isComplete && kept < keep) {
      kept += 1;
      continue;
    }
    await backup.remove();
    deleted.push(name);
  }
  return deleted;
}
