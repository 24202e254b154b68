import { once } from 'node:events';
import { migrateDatabase } from './commands/migrate.js';
import { type OpenDatabase, withDatabase } from './commands/open-database.js';
import { seedDemonstration } from './first-start.js';
import { greeting } from './greeting.js';
import type { Config, Role } from './platform/config/index.js';
import { startEmbeddedPostgres, useEmbeddedPostgres } from './platform/database/embedded/index.js';
import { ValidationGuard } from './platform/rpc/validation.guard.js';
import { createLogger } from './platform/telemetry/logger.js';
import { type Server, startServer } from './server.js';

/** Runs the server until SIGINT or SIGTERM; an embedded database lives exactly as long. */
export async function serve(config: Config, { role }: { role: Role }): Promise<void> {
  const log = createLogger(config);
  // From here on, so that Ctrl-C during the start stops as soon as there is something to stop.
  const stopSignal = nextStopSignal();
  // A process with one role joins the database of another; the whole server runs its own.
  const openEmbedded = role === 'all' ? startEmbeddedPostgres : useEmbeddedPostgres;
  const run = async (database: OpenDatabase): Promise<void> => {
    await migrateDatabase(config, database, log);
    const { appUrl: databaseUrl, masterKey } = database;
    const server = await startServer({ config, masterKey, databaseUrl, log, role });
    try {
      if (role !== 'worker') server.app.get(ValidationGuard).compile();
      await welcome(server, config);
      log.info({ signal: await stopSignal }, 'stopping: finishing what is in flight');
    } finally {
      await server.stop();
    }
  };
  await withDatabase(config, log, run, openEmbedded);
  log.info('stopped');
}

async function welcome(server: Server, config: Config): Promise<void> {
  const demonstration =
    config.environment === 'development' ? await seedDemonstration(server.app) : undefined;
  if (server.address) process.stdout.write(greeting(config, server.address, demonstration));
}

function nextStopSignal(): Promise<string> {
  return Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal).then(() => signal)));
}
