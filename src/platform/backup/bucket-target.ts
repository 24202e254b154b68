import type { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type BucketAccess, bucketClient, uploadTo } from '../object-store/bucket-client.js';
import { BackupError, type BackupTarget } from './backup-target.js';
import { isMissing } from './is-missing.js';
import { manifestName } from './manifest-name.js';

/** Objects of a bucket whose keys begin alike. */
export class BucketTarget implements BackupTarget {
  private constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
    /** Empty, or with a slash at its end. */
    private readonly prefix: string,
  ) {}

  /** `s3://bucket/prefix` */
  static open(place: string, access: BucketAccess): BucketTarget {
    const { hostname, pathname } = new URL(place);
    const prefix = pathname.split('/').filter(Boolean);
    return new BucketTarget(bucketClient(access), hostname, prefix.map((part) => `${part}/`).join(''));
  }

  get place(): string {
    return `s3://${this.bucket}/${this.prefix}`;
  }

  async names(): Promise<readonly string[]> {
    const names = new Set<string>();
    for await (const key of this.keys()) {
      names.add(key.slice(this.prefix.length).split('/')[0] ?? '');
      // Enough for saying what is there.
      if (names.size >= MOST_NAMES) break;
    }
    return [...names];
  }

  put(name: string, source: Readable): Promise<void> {
    return uploadTo(this.client, { bucket: this.bucket, key: this.prefix + name }, source);
  }

  async read(name: string): Promise<Readable> {
    try {
      const { Body } = await this.client.send(
        new GetObjectCommand({ Bucket: this.bucket, Key: this.prefix + name }),
      );
      if (!Body) throw new Error('The object has no content.');
      // On Node the body is a stream of Node.
      return Body as Readable;
    } catch (error) {
      if (isMissing(error)) throw new BackupError(`${name} is missing in ${this.place}.`);
      throw error;
    }
  }

  /** A bucket has no end. */
  async requireSpace(): Promise<void> {}

  within(name: string): BackupTarget {
    return new BucketTarget(this.client, this.bucket, `${this.prefix}${name}/`);
  }

  async remove(): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: this.prefix + manifestName }));
    let some: { Key: string }[] = [];
    const removeSome = async (): Promise<void> => {
      if (some.length === 0) return;
      await this.client.send(new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects: some } }));
      some = [];
    };
    for await (const Key of this.keys()) {
      some.push({ Key });
      if (some.length >= MOST_DELETED) await removeSome();
    }
    await removeSome();
  }

  private async *keys(): AsyncGenerator<string> {
    for (let token: string | undefined, isLast = false; !isLast;) {
      const page = await this.client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, Prefix: this.prefix, ContinuationToken: token }),
      );
      for (const { Key } of page.Contents ?? []) if (Key) yield Key;
      token = page.NextContinuationToken;
      isLast = token === undefined;
    }
  }
}

const MOST_NAMES = 10_000;
/** What S3 takes in one request. */
const MOST_DELETED = 1000;
