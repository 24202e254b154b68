import { randomUUID } from 'node:crypto';
import { validate } from 'uuid';
import { createApplication } from '../application.js';
import { EventLimits } from '../modules/analytics/usage/index.js';
import type { Config } from '../platform/config/index.js';
import { requireMigrated } from '../platform/database/migrate.js';
import { Scopes } from '../platform/scope/index.js';
import { createCommandLogger } from '../platform/telemetry/logger.js';
import { CommandError } from './errors.js';
import { withDatabase } from './open-database.js';

export interface EventLimitOptions {
  readonly organization: string;
  readonly events?: string;
  readonly above?: string;
}

/** `dovecote event-limit`: shows or sets the monthly limit of events of one organization. */
export async function eventLimitCommand(config: Config, options: EventLimitOptions): Promise<string> {
  const orgId = options.organization.toLowerCase();
  if (!validate(orgId)) throw new CommandError(`${options.organization} is not the id of an organization.`);
  const change = {
    ...(options.events !== undefined && { monthlyEvents: monthlyEventsOf(options.events) }),
    ...(options.above !== undefined && { refuses: refusesOf(options.above) }),
  };
  const log = createCommandLogger({ ...config, log: { ...config.log, level: 'warn' } });
  return withDatabase(config, log, async (database) => {
    const { appUrl: databaseUrl, appPassword: databasePassword, masterKey } = database;
    await requireMigrated(database);
    const app = await createApplication({ config, masterKey, databaseUrl, databasePassword, log });
    try {
      await app.init();
      const limits = app.get(EventLimits, { strict: false });
      const origin = { caller: { kind: 'system', orgId }, requestId: randomUUID() } as const;
      const { monthlyEvents, refuses } = await app
        .get(Scopes)
        .run(origin, (scope) =>
          Object.keys(change).length > 0 ? limits.set(scope, change) : limits.limit(scope),
        );
      if (monthlyEvents === 0) return `Organization ${orgId} has no limit of events.`;
      const beyond = refuses ? 'refused until the month is over' : 'accepted, too';
      return `Organization ${orgId} may send ${monthlyEvents} events a month; more are ${beyond}.`;
    } finally {
      await app.close();
    }
  });
}

function monthlyEventsOf(text: string): number | null {
  if (text === 'default') return null;
  if (text === 'none') return 0;
  const events = Number(text);
  if (/^\d{1,12}$/.test(text) && events > 0) return events;
  throw new CommandError('--events must be a number of events, none or default.');
}

function refusesOf(text: string): boolean | null {
  if (text === 'default') return null;
  if (text === 'accept' || text === 'refuse') return text === 'refuse';
  throw new CommandError('--above must be accept, refuse or default.');
}
