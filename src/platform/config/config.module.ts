import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import type { Config } from './config.js';

/** Injection token of the one Config. */
export const CONFIG = Symbol('Config');
/** Injection token of the key that encrypts stored secrets (32 bytes). */
export const MASTER_KEY = Symbol('MasterKey');

@Global()
@Module({})
export class ConfigModule {
  static forRoot(config: Config, masterKey: Buffer): DynamicModule {
    return {
      module: ConfigModule,
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: MASTER_KEY, useValue: masterKey },
      ],
      exports: [CONFIG, MASTER_KEY],
    };
  }
}
