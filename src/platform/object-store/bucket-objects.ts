import type { Readable } from 'node:stream';
import type { OnApplicationShutdown } from '@nestjs/common';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Config } from '../config/index.js';
import { bucketClient, uploadTo } from './bucket-client.js';
import { attachment, type Download, isKey, LINK_MS, ObjectStore, requireKey } from './object-store.js';

export type BucketOptions = NonNullable<Config['bucket']>;

/** Objects in a bucket of an S3-compatible store, behind links that the store answers. */
export class BucketObjects extends ObjectStore implements OnApplicationShutdown {
  private readonly client: S3Client;
  private readonly bucket: string;

  constructor({ name, ...access }: BucketOptions) {
    super();
    this.bucket = name;
    this.client = bucketClient(access);
  }

  override async put(key: string, source: Readable, contentType: string): Promise<void> {
    await uploadTo(this.client, { bucket: this.bucket, key: requireKey(key), contentType }, source);
  }

  override async read(key: string): Promise<Readable> {
    const { Body } = await this.client.send(
      new GetObjectCommand({ Bucket: this.bucket, Key: requireKey(key) }),
    );
    if (!Body) throw new Error('The object has no content.');
    // On Node the body is a stream of Node.
    return Body as Readable;
  }

  override link(key: string, { filename, contentType }: Download): Promise<string> {
    const command = new GetObjectCommand({
      Bucket: this.bucket,
      Key: requireKey(key),
      ResponseContentDisposition: attachment(filename),
      ResponseContentType: contentType,
    });
    return getSignedUrl(this.client, command, { expiresIn: LINK_MS / 1000 });
  }

  override async remove(key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: requireKey(key) }));
  }

  override async removeAll(folder: string): Promise<void> {
    const Prefix = requireKey(`${folder}/any`).slice(0, -'any'.length);
    for (;;) {
      const { Contents = [], IsTruncated } = await this.client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, Prefix }),
      );
      const Objects = Contents.map(({ Key }) => ({ Key }));
      if (Objects.length === 0) return;
      await this.client.send(new DeleteObjectsCommand({ Bucket: this.bucket, Delete: { Objects } }));
      if (!IsTruncated) return;
    }
  }

  override async *keys(): AsyncGenerator<string> {
    for (let token: string | undefined, isLast = false; !isLast;) {
      const page = await this.client.send(
        new ListObjectsV2Command({ Bucket: this.bucket, ContinuationToken: token }),
      );
      for (const { Key = '' } of page.Contents ?? []) if (isKey(Key)) yield Key;
      token = page.NextContinuationToken;
      isLast = token === undefined;
    }
  }

  onApplicationShutdown(): void {
    this.client.destroy();
  }
}
