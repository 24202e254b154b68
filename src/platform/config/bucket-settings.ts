import type { Values } from './variables.js';

/** A bucket of an S3-compatible store. */
export interface BucketSettings {
  readonly name: string;
  readonly region: string;
  /** Absent: Amazon's. */
  readonly endpoint?: string;
  /** Absent: what the machine has. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export function bucketOf(values: Values): BucketSettings | undefined {
  if (values.S3_BUCKET === undefined) return undefined;
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = values;
  return {
    name: values.S3_BUCKET,
    region: values.S3_REGION,
    endpoint: values.S3_ENDPOINT,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
  };
}
