/**
 * Backups of an installation: of PostgreSQL, the analytics store and the objects, at one instant, while servers run
 * (docs/how-to/back-up-and-restore.md, ADR 108). `commands/backup` puts the pieces in order.
 */
export { describeAnalytics, deleteUnknownProjects, loadAnalytics } from './analytics-load.js';
export { dumpAnalytics, sizeOfAnalytics } from './analytics-dump.js';
export type { BackupTarget } from './backup-target.js';
export { checkFiles, describeNewer } from './check.js';
export { type BackupTable, type Manifest, readManifest, writeManifest } from './manifest.js';
export { manifestName } from './manifest-name.js';
export { dumpObjects } from './objects-dump.js';
export { describeObjects, loadObjects } from './objects-load.js';
export { openTarget } from './open-target.js';
export { PostgresSource } from './postgres-dump.js';
export { describeContent, loadPostgres } from './postgres-load.js';
export { keepLatest, nextOn } from './shelf.js';
export { readBackupHistory } from './backup-run.store.js';
