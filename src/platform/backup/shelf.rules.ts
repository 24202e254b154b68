/** `dovecote-2026-12-01T02-30-00Z`: in the order of time, and for every file system. */
export function folderOf(now: Date): string {
  return `dovecote-${now.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
}

/** Other folders beside the backups are not ours to delete. */
export function isFolderName(name: string): boolean {
  return /^dovecote-\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z$/.test(name);
}
