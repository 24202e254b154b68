import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { type AskedPassword, clientAsking } from './asking-client.js';
import { appDataSource } from './data-source.js';
import { Database } from './database.js';

/** The app role's connection URL, for code that needs a dedicated connection (jobs, revocation feed). */
export const DATABASE_URL = Symbol('database url');
/** The class of the clients of such connections. */
export const DATABASE_CLIENT = Symbol('database client');

export interface DatabaseModuleOptions {
  url: string;
  password: AskedPassword;
  poolSize: number;
  applicationName: string;
  entities: (new () => object)[];
}

@Module({})
export class DatabaseModule {
  static with(options: DatabaseModuleOptions, log: Logger): DynamicModule {
    const dataSource = appDataSource(
      options.url,
      options.entities,
      { size: options.poolSize, applicationName: options.applicationName, password: options.password },
      log,
    );
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({}),
          dataSourceFactory: () => dataSource.initialize(),
        }),
      ],
      providers: [
        { provide: DATABASE_URL, useValue: options.url },
        { provide: DATABASE_CLIENT, useValue: clientAsking(options.password) },
        { provide: Database, inject: [DataSource], useFactory: (source: DataSource) => new Database(source) },
      ],
      exports: [DATABASE_URL, DATABASE_CLIENT, Database],
    };
  }
}
