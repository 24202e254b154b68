import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import {
  type BackupTable,
  type BackupTarget,
  dumpAnalytics,
  dumpObjects,
  type Manifest,
  keepLatest,
  manifestName,
  nextOn,
  openTarget,
  PostgresSource,
  sizeOfAnalytics,
  writeManifest,
} from '../../platform/backup/index.js';
import type { Config } from '../../platform/config/index.js';
import { keyOfCheck } from '../../platform/database/master-key-check.js';
import { requireMigrated } from '../../platform/database/migrate.js';
import { createCommandLogger } from '../../platform/telemetry/logger.js';
import { CommandError } from '../errors.js';
import { type OpenDatabase, withDatabase } from '../open-database.js';
import { openObjects, withEngine } from './stores.js';

export interface BackupOptions {
  /** The version of this program. */
  readonly program: string;
  /** Puts the master key beside what is sealed with it. */
  readonly withKey?: boolean;
  /** The place is a folder of backups: a new one is made in it, and so many of the latest are kept. */
  readonly keep?: number;
}

/** What a row of PostgreSQL takes in the backup, in parts of what it takes in the database with its indexes. */
const shareOfDatabase = 1 / 4;

export const masterKeyName = 'master.key';

/** `dovecote backup`: copies all that the installation stores, at one instant, beside servers that run. */
export async function backupCommand(
  config: Config,
  place: string,
  options: BackupOptions,
  print: (line: string) => void,
): Promise<void> {
  if (options.withKey && place.startsWith('s3://'))
    throw new CommandError('--with-key is for folders: keep the key apart from a bucket.');
  const log = createCommandLogger({ ...config, log: { ...config.log, level: 'warn' } });
  const beganAt = new Date();
  const shelf = await openTarget(place, config);
  const target = options.keep === undefined ? shelf : nextOn(shelf, beganAt);
  await withDatabase(config, log, async (database) => {
    await requireMigrated(database);
    const source = await PostgresSource.open(database.ownerUrl);
    try {
      await requireEmpty(target);
      await backUp({ config, log, database, source, target }, options, print);
      await source.note({ place: target.place, beganAt });
      if (options.keep !== undefined)
        for (const name of await keepLatest(shelf, options.keep))
          print(`Deleted the earlier backup ${name}.`);
    } catch (error) {
      await source.note({ place: target.place, beganAt, error: (error as Error).message });
      throw error;
    } finally {
      await source.close();
    }
  });
}

async function requireEmpty(target: BackupTarget): Promise<void> {
  const names = await target.names();
  if (names.length === 0) return;
  const what = names.includes(manifestName)
    ? 'holds a backup already'
    : `is not empty: it holds ${names.slice(0, 3).join(', ')}`;
  throw new CommandError(`${target.place} ${what}. Name an empty folder, or one that does not exist yet.`);
}

interface Pieces {
  readonly config: Config;
  readonly log: Logger;
  readonly database: OpenDatabase;
  readonly source: PostgresSource;
  readonly target: BackupTarget;
}

async function backUp(
  { config, log, database, source, target }: Pieces,
  { program, withKey }: BackupOptions,
  print: (line: string) => void,
): Promise<void> {
  const began = performance.now();
  const objects = await openObjects(config, database);
  const onTable = ({ schema, name, rows }: BackupTable): void => {
    if (rows > 0) print(`${schema}.${name}: ${rows} rows`);
  };
  await withEngine(config, log, async (engine) => {
    const size = engine ? await sizeOfAnalytics(engine) : 0;
    await target.requireSpace((await source.size()) * shareOfDatabase + size);
    // In this order: what had left the queue of PostgreSQL by its snapshot is in the engine, and what its rows name is there.
    const { takenAt, keyCheck, ...postgres } = await source.dump(target, onTable);
    const analytics = engine ? await dumpAnalytics(engine, target, onTable) : null;
    const stored = await dumpObjects(objects, target, () => undefined);
    const key = keyOfCheck(Buffer.from(keyCheck, 'hex'), database);
    if (!key)
      throw new CommandError('The master key was changed while the backup was made; make another one.');
    if (withKey) await target.put(masterKeyName, Readable.from([`${key.toString('base64')}\n`]));
    const manifest: Manifest = {
      format: 1,
      id: randomUUID(),
      program,
      takenAt: takenAt.toISOString(),
      finishedAt: new Date().toISOString(),
      keyCheck,
      postgres: {
        version: postgres.version,
        migrations: [...postgres.migrations],
        tables: [...postgres.tables],
        sequences: [...(await source.sequences())],
      },
      analytics,
      objects: stored,
    };
    await writeManifest(target, manifest, key);
    print(
      `Backed up to ${target.place} as of ${manifest.takenAt}, in ${Math.round((performance.now() - began) / 1000)} s: ${summaryOf(manifest)}.`,
    );
    if (!withKey)
      print('The master key is not in it: keep that apart, or nothing that is sealed can be read.');
  });
}

export function summaryOf({ postgres, analytics, objects }: Manifest): string {
  const rowsOf = (tables: readonly BackupTable[]): number => tables.reduce((sum, { rows }) => sum + rows, 0);
  const events = analytics ? `${rowsOf(analytics.tables)} rows of analytics` : 'no analytics';
  return `${rowsOf(postgres.tables)} rows of PostgreSQL, ${events}, ${objects.count} objects`;
}
