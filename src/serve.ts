import { once } from 'node:events';
import { type OpenDatabase, withDatabase } from './commands/open-database.js';
import { seedDemonstration } from './first-start.js';
import { greeting, hostAndPort } from './greeting.js';
import type { Config, Role } from './platform/config/index.js';
import { startEmbeddedPostgres, useEmbeddedPostgres } from './platform/database/embedded/index.js';
import { migrate } from './platform/database/migrate.js';
import { ValidationGuard } from './platform/pipeline/validation.guard.js';
import { createLogger } from './platform/telemetry/logger.js';
import { startTracing } from './platform/telemetry/tracing.js';
import { type Server, startServer } from './server.js';

/** Runs the server until SIGINT or SIGTERM; an embedded database lives exactly as long. */
export async function serve(config: Config, { role }: { role: Role }): Promise<void> {
  const log = createLogger(config);
  const stopTracing = config.tracing ? await startTracing() : undefined;
  // From here on, so that Ctrl-C during the start stops as soon as there is something to stop.
  const stopSignal = nextStopSignal();
  // A process with one role joins the database of another; the whole server runs its own.
  const openEmbedded = role === 'all' ? startEmbeddedPostgres : useEmbeddedPostgres;
  const run = async (database: OpenDatabase): Promise<void> => {
    // Every start migrates first: one path for the first start and for an upgrade.
    await migrate(database, log);
    const { appUrl: databaseUrl, appPassword: databasePassword, masterKey } = database;
    const server = await startServer({ config, masterKey, databaseUrl, databasePassword, log, role });
    try {
      await welcome(server, config);
      log.info({ role, ...reachOf(server, config) }, 'ready');
      if (role !== 'worker') void server.app.get(ValidationGuard).compileWhileIdle();
      log.info({ signal: await stopSignal }, 'stopping: finishing calls and jobs in flight');
    } finally {
      await server.stop();
    }
  };
  await withDatabase(config, log, run, openEmbedded);
  await stopTracing?.();
  log.info('stopped');
}

/** In development only: in production every line is one of the log. */
async function welcome(server: Server, config: Config): Promise<void> {
  if (config.environment !== 'development') return;
  const demonstration = await seedDemonstration(server.app);
  if (!server.address) return;
  const output = config.log.format === 'json' ? process.stderr : process.stdout;
  output.write(greeting(config, server.address, demonstration));
}

/** Where clients find the server, and where it listens; nothing for a worker. */
function reachOf({ address, internalAddress }: Server, { http }: Config): Record<string, string> {
  return {
    ...(address && { url: http.publicUrl, listening: hostAndPort(address) }),
    ...(internalAddress && { internal: hostAndPort(internalAddress) }),
  };
}

function nextStopSignal(): Promise<string> {
  return Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal).then(() => signal)));
}
