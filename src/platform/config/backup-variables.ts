import { z } from 'zod';
import { isCrontab } from './crontab.js';
import { documentation, whole } from './variable-kinds.js';

/** Where backups go, and when they are made. */
export const backupVariables = {
  BACKUP_TARGET: z
    .string()
    .regex(/^(?!s3:)|^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[\w.-]+)*\/?$/)
    .optional()
    .register(documentation, {
      meaning:
        'Folder of the scheduled backups, or s3://bucket/prefix in the store of the S3 variables. Each lies in a folder of it that is named after its time.',
      must: 'be a folder, or s3:// with a bucket and a prefix',
    }),
  BACKUP_SCHEDULE: z.string().refine(isCrontab).optional().register(documentation, {
    meaning:
      'When a worker makes a backup: minute, hour, day, month and day of the week, UTC, as in a crontab.',
    must: 'be a crontab of five fields such as "30 2 * * *", and needs BACKUP_TARGET',
    fallback: 'never',
  }),
  BACKUP_KEEP: whole(1, 1000).default(7).register(documentation, {
    meaning:
      'How many of the scheduled backups are kept; older ones are deleted after a new one is complete.',
    must: 'be a whole number from 1 to 1000',
  }),
};
