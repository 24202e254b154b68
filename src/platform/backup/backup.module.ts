import { Inject, Module, type OnModuleInit } from '@nestjs/common';
import { CONFIG } from '../config/config.module.js';
import type { Config } from '../config/index.js';
import { Database } from '../database/index.js';
import { Readiness } from '../http/readiness.js';
import { Metrics } from '../telemetry/metrics.js';
import { BackupJob } from './backup.job.js';
import { readBackupHistory } from './backup-run.store.js';

/** Scheduled backups, and what the server tells of all of them. */
@Module({ providers: [BackupJob] })
export class BackupModule implements OnModuleInit {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
    private readonly readiness: Readiness,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const latest = this.metrics.gauge(
      'backup_last_success_timestamp_seconds',
      'When the latest complete backup ended, of all processes.',
    );
    const failed = this.metrics.gauge(
      'backup_failed',
      '1 when the latest backup has failed, of all processes.',
    );
    this.metrics.onScrape(async () => {
      latest.remove();
      failed.remove();
      const { lastSuccess, lastError } = await readBackupHistory(this.database);
      if (lastSuccess) latest.set(lastSuccess.getTime() / 1000);
      if (lastSuccess ?? lastError) failed.set(lastError === null ? 0 : 1);
    });
    if (this.config.backup.schedule === undefined) return;
    this.readiness.watch('backups', async () => {
      const { lastError } = await readBackupHistory(this.database);
      if (lastError !== null) throw new Error(lastError);
    });
  }
}
