import { randomUUID } from 'node:crypto';
import { validate } from 'uuid';
import { createApplication } from '../application.js';
import { Domains, Enforcement } from '../modules/signin/sso/index.js';
import type { Config } from '../platform/config/index.js';
import { requireMigrated } from '../platform/database/migrate.js';
import { Scopes } from '../platform/scope/index.js';
import { createCommandLogger } from '../platform/telemetry/logger.js';
import { CommandError } from './errors.js';
import { withDatabase } from './open-database.js';

/**
 * `dovecote end-enforcement`: ends SSO enforcement in an organization whose identity provider is unavailable.
 */
export async function endEnforcementCommand(config: Config, organization: string): Promise<string> {
  const log = createCommandLogger({ ...config, log: { ...config.log, level: 'warn' } });
  return withDatabase(config, log, async (database) => {
    const { appUrl: databaseUrl, appPassword: databasePassword, masterKey } = database;
    await requireMigrated(database);
    const app = await createApplication({ config, masterKey, databaseUrl, databasePassword, log });
    try {
      await app.init();
      const orgId = validate(organization)
        ? organization.toLowerCase()
        : await app.get(Domains).ownerOfDomain(organization);
      if (!orgId) throw new CommandError(`No organization has proven the domain "${organization}".`);
      const origin = { caller: { kind: 'system', orgId }, requestId: randomUUID() } as const;
      const name = await app.get(Scopes).run(origin, (scope) => app.get(Enforcement).endByOperator(scope));
      return `${name} no longer enforces single sign-on. Its super admins are notified by mail.`;
    } finally {
      await app.close();
    }
  });
}
