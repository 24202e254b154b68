import pg from 'pg';
import type { Logger } from 'pino';
import { DataSource } from 'typeorm';
import { migrations } from '#migrations';
import { type AskedPassword, clientAsking } from './asking-client.js';

export interface PoolOptions {
  size: number;
  password?: AskedPassword;
  /** Shown in pg_stat_activity. */
  applicationName: string;
}

/** The pooled connection of the running server, under the app role. Entities are those of the modules. */
export function appDataSource(
  url: string,
  entities: (new () => object)[],
  pool: PoolOptions,
  log: Logger,
): DataSource {
  return new DataSource({
    type: 'postgres',
    driver: pg,
    url,
    entities,
    poolSize: pool.size,
    applicationName: pool.applicationName,
    connectTimeoutMS: 10_000,
    parseInt8: true,
    poolErrorHandler: (error: Error) => log.warn({ err: error }, 'idle database connection lost'),
    extra: { pipeline: true, Client: clientAsking(pool.password) },
  });
}

/** The owner's connection, used only to migrate: by all migrations, or by those that are named. */
export function ownerDataSource(url: string, only?: readonly string[]): DataSource {
  return new DataSource({
    type: 'postgres',
    driver: pg,
    url,
    migrations: only ? migrations.filter((Migration) => only.includes(new Migration().name)) : migrations,
    migrationsTableName: 'schema_migration',
    migrationsTransactionMode: 'all',
    poolSize: 1,
  });
}
