import { once } from 'node:events';
import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { getStorageToken, ThrottlerModule } from '@nestjs/throttler';
import { PinoLogger } from 'nestjs-pino';
import type { RedisClientType } from 'redis';
import { Clock } from '../clock/clock.js';
import { CONFIG } from '../config/config.module.js';
import type { Config } from '../config/index.js';
import { AddressLimits } from './address-limits.js';
import { AddressThrottle } from './address-throttle.js';
import type { Buckets } from './buckets.js';
import { DailyLimits } from './daily-limits.js';
import { IngestThrottle } from './ingest-throttle.js';
import { MemoryBuckets } from './memory-buckets.js';
import { OrganizationThrottle } from './organization-throttle.js';
import { PersonThrottle } from './person-throttle.js';
import { PurgeDailyUsesJob } from './purge-daily-uses.job.js';
import { RedisBuckets } from './redis-buckets.js';
import { ttlOf } from './throttle-record.js';
import { VolumeLimits } from './volume-limits.js';

const REDIS = Symbol('redis');

@Module({
  providers: [
    {
      provide: REDIS,
      inject: [CONFIG, PinoLogger],
      useFactory: (config: Config, log: PinoLogger) => connectRedis(config.redis.url, log),
    },
  ],
  exports: [REDIS],
})
class RedisModule implements OnApplicationShutdown {
  constructor(@Inject(REDIS) private readonly redis: RedisClientType | undefined) {}

  onApplicationShutdown(): void {
    this.redis?.destroy();
  }
}

/** Rate limits: in memory, or exact across processes when Redis is configured. */
@Global()
@Module({
  imports: [
    ThrottlerModule.forRootAsync({
      imports: [RedisModule],
      inject: [CONFIG, Clock, REDIS],
      useFactory: (
        { rateLimit: { organization } }: Config,
        clock: Clock,
        redis: RedisClientType | undefined,
      ) => ({
        throttlers: [{ name: 'organization', limit: organization.burst, ttl: ttlOf(organization) }],
        storage: buckets(clock, redis),
      }),
    }),
  ],
  providers: [
    DailyLimits,
    PurgeDailyUsesJob,
    {
      provide: AddressThrottle,
      inject: [CONFIG, getStorageToken()],
      useFactory: ({ rateLimit }: Config, buckets: Buckets) =>
        new AddressThrottle(rateLimit.anonymous, buckets),
    },
    {
      provide: AddressLimits,
      inject: [getStorageToken()],
      useFactory: (buckets: Buckets) => new AddressLimits(buckets),
    },
    {
      provide: OrganizationThrottle,
      inject: [CONFIG, getStorageToken()],
      useFactory: ({ rateLimit }: Config, buckets: Buckets) =>
        new OrganizationThrottle(rateLimit.organization, buckets),
    },
    {
      provide: IngestThrottle,
      inject: [CONFIG, getStorageToken()],
      useFactory: ({ rateLimit }: Config, buckets: Buckets) => new IngestThrottle(rateLimit.ingest, buckets),
    },
    {
      provide: PersonThrottle,
      inject: [CONFIG, getStorageToken()],
      useFactory: ({ rateLimit }: Config, buckets: Buckets) =>
        new PersonThrottle(rateLimit.organization, buckets),
    },
    {
      provide: VolumeLimits,
      inject: [getStorageToken()],
      useFactory: (buckets: Buckets) => new VolumeLimits(buckets),
    },
  ],
  exports: [
    AddressLimits,
    AddressThrottle,
    DailyLimits,
    IngestThrottle,
    OrganizationThrottle,
    PersonThrottle,
    VolumeLimits,
  ],
})
export class ThrottleModule {}

function buckets(clock: Clock, redis: RedisClientType | undefined): Buckets {
  const memory = new MemoryBuckets(clock);
  return redis ? new RedisBuckets(redis, memory) : memory;
}

async function connectRedis(url: string | undefined, log: PinoLogger): Promise<RedisClientType | undefined> {
  if (!url) return undefined;
  // A sixth of all modules, loaded where it is used.
  const { createClient } = await import('redis');
  const redis: RedisClientType = createClient({ url, disableOfflineQueue: true });
  redis.on('error', (error: Error) => log.warn({ err: error }, 'redis is not reachable'));
  // It connects, and connects again, by itself; until then each process limits on its own.
  redis.connect().catch(() => undefined);
  await once(redis, 'ready').catch(() => undefined);
  return redis;
}
