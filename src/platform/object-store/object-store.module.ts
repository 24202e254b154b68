import { join } from 'node:path';
import { Global, Module } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { Clock } from '../clock/clock.js';
import { CONFIG } from '../config/config.module.js';
import type { Config } from '../config/index.js';
import { ENVELOPE } from '../platform.module.js';
import { FileObjects } from './file-objects.js';
import { ObjectStore } from './object-store.js';
import { ObjectsController } from './objects.controller.js';

/** Files of the data folder, or objects of a bucket where one is configured. */
@Global()
@Module({
  controllers: [ObjectsController],
  providers: [
    {
      provide: ObjectStore,
      inject: [CONFIG, ENVELOPE, Clock],
      useFactory: (config: Config, envelope: Envelope, clock: Clock) =>
        openObjectStore(config, envelope, clock),
    },
  ],
  exports: [ObjectStore],
})
export class ObjectStoreModule {}

/** The store that is configured. */
export async function openObjectStore(
  { bucket, dataDir, http }: Config,
  envelope: Envelope,
  clock: Clock,
): Promise<ObjectStore> {
  if (!bucket) {
    return new FileObjects({ folder: join(dataDir, 'objects'), publicUrl: http.publicUrl }, envelope, clock);
  }
  // The client of S3 is large, and loaded where there is a bucket.
  const { BucketObjects } = await import('./bucket-objects.js');
  return new BucketObjects(bucket);
}
