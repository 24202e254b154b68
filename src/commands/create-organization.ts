import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import type { Logger } from 'pino';
import { AppModule } from '../app.module.js';
import { Organizations } from '../modules/organization/index.js';
import type { Config } from '../platform/config/index.js';
import { Scopes } from '../platform/scope/index.js';
import { type Reading, readEmailAddress, readName } from '../platform/text/index.js';
import { commandLog } from './command-log.js';
import { CommandError } from './errors.js';
import { migrateDatabase } from './migrate.js';
import { withDatabase } from './open-database.js';
import type { OpenDatabase } from './open-database.js';

export interface CreateOrganizationOptions {
  readonly name: string;
  readonly adminEmail: string;
}

/** `dovecote create-organization`: how the first person gets in where sign-up is by invitation. */
export async function createOrganizationCommand(
  config: Config,
  options: CreateOrganizationOptions,
): Promise<string> {
  const name = valueOf('--name', readName(options.name));
  if (name === '' || [...name].length > 200) throw new CommandError('--name must have 1 to 200 characters.');
  const adminEmail = valueOf('--admin-email', readEmailAddress(options.adminEmail));
  const log = commandLog({ ...config, log: { ...config.log, level: 'warn' } });
  return withDatabase(config, log, async (database) => {
    await migrateDatabase(config, database, log);
    const id = await found(config, database, log, { name, adminEmail });
    return `Organization ${name} (${id}) is there. ${adminEmail} signs in by e-mail code and is its super admin.`;
  });
}

function valueOf(option: string, { text, problem }: Reading): string {
  if (problem !== undefined) throw new CommandError(`${option} ${problem}.`);
  return text;
}

async function found(
  config: Config,
  { appUrl: databaseUrl, masterKey }: OpenDatabase,
  log: Logger,
  { name, adminEmail }: CreateOrganizationOptions,
): Promise<string> {
  const app = await NestFactory.createApplicationContext(
    AppModule.with({ config, masterKey, databaseUrl, log }),
    { logger: ['error', 'warn'], abortOnError: false },
  );
  try {
    const origin = { caller: { kind: 'system' }, requestId: randomUUID() } as const;
    const founded = await app
      .get(Scopes)
      .run(origin, (scope) => app.get(Organizations).createFor(scope, adminEmail, { name }));
    return founded.organization.id;
  } finally {
    await app.close();
  }
}
