import type { Config } from '../config/index.js';
import type { BackupTarget } from './backup-target.js';
import { FolderTarget } from './folder-target.js';

/** A folder, or `s3://bucket/prefix`. */
export async function openTarget(place: string, { s3, analytics }: Config): Promise<BackupTarget> {
  if (!place.startsWith('s3://')) return new FolderTarget(place, analytics.freeDisk);
  // The client of S3 is large, and loaded where there is a bucket.
  const { BucketTarget } = await import('./bucket-target.js');
  return BucketTarget.open(place, s3);
}
