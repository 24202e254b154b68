import { mkdir, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { projectNumbers } from '../../modules/analytics/project/index.js';
import { resyncProfiles } from '../../modules/analytics/profile/index.js';
import {
  type BackupTable,
  type BackupTarget,
  deleteUnknownProjects,
  describeAnalytics,
  describeContent,
  describeNewer,
  describeObjects,
  loadAnalytics,
  loadObjects,
  loadPostgres,
  type Manifest,
  openTarget,
  readManifest,
} from '../../platform/backup/index.js';
import type { EngineConnection } from '../../platform/analytics-store/index.js';
import type { Config } from '../../platform/config/index.js';
import { masterKeyFileOf, readMasterKey } from '../../platform/data-folder/index.js';
import { appDataSource } from '../../platform/database/data-source.js';
import { startEmbeddedPostgres } from '../../platform/database/embedded/index.js';
import { Database } from '../../platform/database/index.js';
import { bringUpToDate, findObstaclesOfRestore, waitForTurn } from '../../platform/database/migrate.js';
import { ObstacleError } from '../../platform/database/obstacle.js';
import {
  findUnfinishedRestore,
  markRestore,
  unmarkRestore,
} from '../../platform/database/unfinished-restore.js';
import type { ObjectStore } from '../../platform/object-store/index.js';
import { createCommandLogger } from '../../platform/telemetry/logger.js';
import { CommandError } from '../errors.js';
import { type OpenDatabase, withDatabase } from '../open-database.js';
import { masterKeyName, summaryOf } from './back-up.js';
import { keyOfManifest, otherKey, unsigned } from './check.js';
import { openObjects, withEngine } from './stores.js';

/** `dovecote restore`: fills empty stores from a backup, or begins over where it was interrupted. */
export async function restoreCommand(
  config: Config,
  place: string,
  print: (line: string) => void,
): Promise<void> {
  const log = createCommandLogger({ ...config, log: { ...config.log, level: 'warn' } });
  const target = await openTarget(place, config);
  const signed = await readManifest(target);
  const { manifest } = signed;
  const newer = describeNewer(manifest);
  if (newer) throw new CommandError(newer);
  const key = keyOfManifest(manifest, await keyHere(config, target), config);
  if (!key) throw new CommandError(otherKey);
  if (!signed.isSignedWith(key)) throw new CommandError(unsigned);
  const work = (database: OpenDatabase): Promise<void> =>
    restoreInto({ config, log, database, target, manifest, print });
  await withDatabase(config, log, work, startEmbeddedPostgres);
  print(
    `Restored ${summaryOf(manifest)}, as of ${manifest.takenAt}. Start the server, and run "dovecote doctor".`,
  );
}

/** The configured key, or that of the backup, which becomes the one of the data folder. */
async function keyHere(config: Config, target: BackupTarget): Promise<Buffer> {
  const configured = await readMasterKey(config);
  if (configured) return configured;
  const file = masterKeyFileOf(config);
  if (!(await target.names()).includes(masterKeyName))
    throw new CommandError(
      `There is no master key: put that of the backup into ${file}, or set MASTER_KEY to it.`,
    );
  await mkdir(config.dataDir, { recursive: true });
  await writeFile(file, await text(await target.read(masterKeyName)), { mode: 0o600, flag: 'wx' });
  const key = await readMasterKey(config);
  if (!key) throw new Error(`${file} was deleted after it was created.`);
  return key;
}

interface Pieces {
  readonly config: Config;
  readonly log: Logger;
  readonly database: OpenDatabase;
  readonly target: BackupTarget;
  readonly manifest: Manifest;
  readonly print: (line: string) => void;
}

async function restoreInto(pieces: Pieces): Promise<void> {
  const { config, log, database, manifest } = pieces;
  const objects = await openObjects(config, database);
  const owner = new Client({
    connectionString: database.ownerUrl,
    application_name: 'dovecote restore',
    connectionTimeoutMillis: 10_000,
  });
  await owner.connect();
  try {
    // A server that starts waits for its turn to migrate, and then finds all of it, or a restore that is unfinished.
    await waitForTurn(owner, log);
    const obstacles = await findObstaclesOfRestore(owner, database);
    if (obstacles.length > 0) throw new ObstacleError(obstacles);
    const work = (engine: EngineConnection | undefined): Promise<void> =>
      restoreAll(pieces, { owner, engine, objects });
    await withEngine(config, log, work, manifest.analytics !== null);
  } finally {
    await owner.end();
  }
}

interface Stores {
  readonly owner: Client;
  readonly engine: EngineConnection | undefined;
  readonly objects: ObjectStore;
}

async function restoreAll(pieces: Pieces, stores: Stores): Promise<void> {
  const { database, log, manifest, target, print } = pieces;
  const { owner, engine, objects } = stores;
  await beginOrContinue(manifest, stores);
  const onTable = ({ schema, name, rows }: BackupTable): void => {
    if (rows > 0) print(`${schema}.${name}: ${rows} rows`);
  };
  await loadPostgres(owner, database.ownerUrl, { target, manifest, log }, onTable);
  await bringUpToDate(owner, database, log);
  const known = await inDatabase(database, log, async (opened) => {
    // Their mirror in the engine may be later than PostgreSQL is now: it is sent again.
    await resyncProfiles(opened);
    return projectNumbers(opened);
  });
  if (engine) {
    await loadAnalytics(engine, { target, manifest, log }, onTable);
    await deleteUnknownProjects(engine, known);
  }
  await loadObjects(objects, { target, manifest });
  await unmarkRestore(owner);
}

/** Refuses stores that hold anything, unless this very backup was being restored into them. */
async function beginOrContinue(manifest: Manifest, { owner, engine, objects }: Stores): Promise<void> {
  const unfinished = await findUnfinishedRestore(owner);
  if (unfinished?.backup === manifest.id) return;
  if (unfinished)
    throw new CommandError(
      `Another backup was being restored here since ${unfinished.beganAt.toISOString()}, and its restore has not ended. Restore that one, or begin with empty stores.`,
    );
  const content = [
    ['PostgreSQL', await describeContent(owner)],
    ['the analytics store', engine && (await describeAnalytics(engine))],
    ['the object store', await describeObjects(objects)],
  ] as const;
  for (const [store, what] of content)
    if (what)
      throw new CommandError(`A backup is restored into empty stores only, and ${store} holds ${what}.`);
  await markRestore(owner, manifest.id);
}

/** The database as the role that serves, while no server may use it yet. */
async function inDatabase<T>(
  { appUrl, appPassword }: OpenDatabase,
  log: Logger,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const pool = { size: 1, applicationName: 'dovecote restore', password: appPassword };
  const dataSource = await appDataSource(appUrl, [], pool, log).initialize();
  try {
    return await work(new Database(dataSource));
  } finally {
    await dataSource.destroy();
  }
}
