import { Global, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { CONFIG } from '../config/config.module.js';
import type { Config } from '../config/index.js';
import { Readiness } from '../http/readiness.js';
import { AnalyticsStore } from './analytics-store.js';
import { AnalyticsEngine } from './engine.js';
import { engineAccess } from './engine-access.js';

/** The analytics engine of this process. It stops after everything that uses it. */
@Global()
@Module({
  providers: [
    {
      provide: AnalyticsEngine,
      inject: [CONFIG, PinoLogger, Readiness],
      useFactory: (config: Config, { logger }: PinoLogger, readiness: Readiness) => {
        const log = logger.child({ context: 'analytics' });
        const engine = new AnalyticsEngine(engineAccess(config, log), log);
        readiness.watch('analytics', () => engine.probe());
        return engine;
      },
    },
    {
      provide: AnalyticsStore,
      inject: [AnalyticsEngine, CONFIG],
      useFactory: (engine: AnalyticsEngine, { analytics }: Config) =>
        new AnalyticsStore(engine, { limits: analytics.query, freeDisk: analytics.freeDisk }),
    },
  ],
  exports: [AnalyticsEngine, AnalyticsStore],
})
export class AnalyticsStoreModule implements OnApplicationShutdown {
  constructor(@Inject(AnalyticsEngine) private readonly engine: AnalyticsEngine) {}

  async onApplicationShutdown(): Promise<void> {
    await this.engine.stop();
  }
}
