import type { Logger } from 'pino';
import { readBackupHistory } from '../../platform/backup/index.js';
import type { Config } from '../../platform/config/index.js';
import { appDataSource } from '../../platform/database/data-source.js';
import { Database } from '../../platform/database/index.js';
import type { OpenDatabase } from '../open-database.js';
import { examine, type Finding, ok, warn } from './finding.js';

/** When the last backup was made, and whether the latest one has failed. */
export function examineBackups(
  { appUrl }: OpenDatabase,
  { backup }: Config,
  log: Logger,
): Promise<readonly Finding[]> {
  return examine('backups', 'See the message.', async () => {
    const dataSource = appDataSource(appUrl, [], { size: 1, applicationName: 'dovecote doctor' }, log);
    await dataSource.initialize();
    try {
      const { lastSuccess, lastError } = await readBackupHistory(new Database(dataSource));
      const last = lastSuccess ? `the last one ended at ${lastSuccess.toISOString()}` : 'none was made yet';
      if (lastError !== null)
        return warn(
          'backups',
          `the latest one failed: ${lastError}; ${last}`,
          'Mend the cause, and make one by "dovecote backup".',
        );
      return ok('backups', backup.schedule === undefined ? `${last}; no schedule` : last);
    } finally {
      await dataSource.destroy();
    }
  });
}
