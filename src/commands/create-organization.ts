import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { createApplication } from '../application.js';
import { Organizations } from '../modules/people/organization/index.js';
import type { Config } from '../platform/config/index.js';
import { migrate } from '../platform/database/migrate.js';
import { Scopes } from '../platform/scope/index.js';
import { createCommandLogger } from '../platform/telemetry/logger.js';
import { type Reading, readEmailAddress, readName } from '../platform/text/index.js';
import { CommandError } from './errors.js';
import { withDatabase } from './open-database.js';
import type { OpenDatabase } from './open-database.js';

export interface CreateOrganizationOptions {
  readonly name: string;
  readonly adminEmail: string;
}

/**
 * `dovecote create-organization`: creates the first organization and its super admin where sign-up is by
 * invitation.
 */
export async function createOrganizationCommand(
  config: Config,
  options: CreateOrganizationOptions,
): Promise<string> {
  const name = valueOf('--name', readName(options.name));
  if (name === '' || [...name].length > 200) throw new CommandError('--name must have 1 to 200 characters.');
  const adminEmail = valueOf('--admin-email', readEmailAddress(options.adminEmail));
  const log = createCommandLogger({ ...config, log: { ...config.log, level: 'warn' } });
  return withDatabase(config, log, async (database) => {
    await migrate(database, log);
    const id = await found(config, database, log, { name, adminEmail });
    return `Created organization ${name} (${id}). Its super admin, ${adminEmail}, signs in by e-mail code.`;
  });
}

function valueOf(option: string, { text, problem }: Reading): string {
  if (problem !== undefined) throw new CommandError(`${option} ${problem}.`);
  return text;
}

async function found(
  config: Config,
  { appUrl: databaseUrl, appPassword: databasePassword, masterKey }: OpenDatabase,
  log: Logger,
  { name, adminEmail }: CreateOrganizationOptions,
): Promise<string> {
  const app = await createApplication({ config, masterKey, databaseUrl, databasePassword, log });
  try {
    await app.init();
    const origin = { caller: { kind: 'system' }, requestId: randomUUID() } as const;
    const founded = await app
      .get(Scopes)
      .run(origin, (scope) => app.get(Organizations).createFor(scope, adminEmail, { name }));
    return founded.organization.id;
  } finally {
    await app.close();
  }
}
