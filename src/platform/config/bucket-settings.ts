import type { Values } from './variables.js';

/** A store of buckets. */
export interface S3Settings {
  readonly region: string;
  /** Absent: Amazon's. */
  readonly endpoint?: string;
  /** Absent: what the machine has. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export interface BucketSettings extends S3Settings {
  readonly name: string;
}

/** Scheduled backups: where they go, when they are made, and how many are kept. */
export interface BackupSettings {
  readonly target?: string;
  readonly schedule?: string;
  readonly keep: number;
}

export function usesBucket({ S3_BUCKET, BACKUP_TARGET }: Values): boolean {
  return S3_BUCKET !== undefined || (BACKUP_TARGET?.startsWith('s3://') ?? false);
}

export function bucketOf(values: Values): BucketSettings | undefined {
  return values.S3_BUCKET === undefined ? undefined : { name: values.S3_BUCKET, ...s3Of(values) };
}

export function s3Of(values: Values): S3Settings {
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = values;
  return {
    region: values.S3_REGION,
    endpoint: values.S3_ENDPOINT,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
  };
}

export function backupOf(values: Values): BackupSettings {
  return {
    target: values.BACKUP_TARGET,
    schedule: values.BACKUP_SCHEDULE,
    keep: values.BACKUP_KEEP,
  };
}
