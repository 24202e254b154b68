import type { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Config } from '../config/index.js';

export type BucketAccess = Config['s3'];

/** In memory at once for each upload: this, and the next one. */
const PART_BYTES = 8 * 1024 * 1024;

export function bucketClient({ region, endpoint, credentials }: BucketAccess): S3Client {
  return new S3Client({
    region,
    // A copy: the client notes on it where it comes from.
    credentials: credentials && { ...credentials },
    // Other stores rarely support virtual-hosted buckets, or checksums by default.
    ...(endpoint && { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}

/** All of the source, or nothing: in parts, where it is long. */
export async function uploadTo(
  client: S3Client,
  { bucket, key, contentType }: { bucket: string; key: string; contentType?: string },
  source: Readable,
): Promise<void> {
  const upload = new Upload({
    client,
    params: { Bucket: bucket, Key: key, Body: source, ContentType: contentType },
    partSize: PART_BYTES,
    queueSize: 1,
  });
  await upload.done();
}
