import { randomBytes } from 'node:crypto';
import { createEnvelope } from '@dovecote/secret';
import type { PinoLogger } from 'nestjs-pino';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import type { AcceptedBatch, Contract } from '../../src/modules/analytics/event/accepted-batch.js';
import { CookielessIdentity } from '../../src/modules/analytics/event/cookieless-identity.js';
import { CookielessSalts } from '../../src/modules/analytics/event/cookieless-salts.js';
import { ForgetCookieless } from '../../src/modules/analytics/event/cookieless.jobs.js';
import { CookielessStore } from '../../src/modules/analytics/event/cookieless.store.js';
import type { EventDraft } from '../../src/modules/analytics/event/event-draft.js';
import { EventIntake } from '../../src/modules/analytics/event/event-intake.js';
import { GeoDatabase } from '../../src/modules/analytics/event/geo-database.js';
import { Clock } from '../../src/platform/clock/clock.js';
import { appDataSource } from '../../src/platform/database/data-source.js';
import { Database } from '../../src/platform/database/index.js';
import { type Scope, Scopes } from '../../src/platform/scope/index.js';
import { eventually } from './eventually.js';
import { stopClock } from './stop-clock.js';
import { cloneDatabase, type TestDatabase } from './test-database.js';

export const minute = 60_000;
export const day = 24 * 60 * minute;
export const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0';
const masterKey = randomBytes(32);

export interface IntakeRequest {
  address?: string;
  userAgent?: string;
  headers?: Record<string, string>;
  project?: string;
  retentionDays?: number;
  contract?: Contract;
  signal?: AbortSignal;
}

/** A server, with what it remembers. */
export interface IntakeServer {
  accept(drafts: EventDraft[], request?: IntakeRequest): Promise<AcceptedBatch>;
  runJob(): Promise<void>;
  clock: Clock;
}

/** A table that a transaction has for itself. */
export interface LockedTable {
  /** Resolves when something waits for it. */
  blocked(): Promise<void>;
  release(): Promise<void>;
}

/** Servers that accept events over one database. */
export class Intake {
  /** So that a day has a yesterday and a tomorrow within reach. */
  noon = 0;
  private salts: CookielessSalts[] = [];
  private readonly source: DataSource;
  readonly database: TestDatabase;

  private constructor(database: TestDatabase, source: DataSource) {
    this.database = database;
    this.source = source;
  }

  static async start(): Promise<Intake> {
    const database = await cloneDatabase();
    const pool = { size: 6, applicationName: 'intake' };
    return new Intake(
      database,
      await appDataSource(database.appUrl, [], pool, pino({ level: 'silent' })).initialize(),
    );
  }

  async clear(): Promise<void> {
    await this.database.query('truncate cookieless_salt, cookieless_session');
    this.noon = Math.floor(Date.now() / day) * day + day / 2;
  }

  stopServers(): void {
    for (const salts of this.salts) salts.onApplicationShutdown();
    this.salts = [];
  }

  async remove(): Promise<void> {
    await this.source.destroy();
    await this.database.drop();
  }

  /** At noon, until the spec moves its clock. */
  server(key = masterKey): IntakeServer {
    const clock = new Clock();
    stopClock(clock, this.noon);
    const abilities = { of: () => ({}) };
    const scopes = new Scopes(new Database(this.source), clock, abilities as never, 0);
    const log = { setContext() {}, warn() {}, error() {} } as unknown as PinoLogger;
    const store = new CookielessStore();
    const salts = new CookielessSalts(store, scopes, clock, createEnvelope(key), log);
    this.salts.push(salts);
    const identity = new CookielessIdentity(salts, store, scopes, log);
    const intake = new EventIntake(identity, new GeoDatabase({}));
    return {
      clock,
      async accept(drafts, request = {}) {
        const { address = '192.0.2.1', userAgent = firefox, headers = {}, contract = 'shipped' } = request;
        const { project = 'p1', retentionDays = null, signal } = request;
        const origin = {
          caller: { kind: 'system' as const },
          requestId: 'r',
          signal,
          address,
          userAgent,
          project: { id: project, number: 1, orgId: 'o', zone: 'UTC', retentionDays } as never,
          proxyHeader: (name: string) => headers[name],
        };
        return scopes.run(origin, (scope) => intake.accept(scope, drafts, contract));
      },
      async runJob() {
        const run = <T>(work: (scope: Scope) => Promise<T>): Promise<T> =>
          scopes.run({ caller: { kind: 'system' }, requestId: 'job' }, work);
        await new ForgetCookieless(salts, identity).handle({}, { run } as never);
      },
    };
  }

  async lock(
    table: string,
    mode: 'access exclusive' | 'access share' = 'access exclusive',
  ): Promise<LockedTable> {
    const runner = this.source.createQueryRunner();
    await runner.startTransaction();
    await runner.query(`lock table ${table} in ${mode} mode`);
    return {
      blocked: async () => {
        await eventually(`something waits for ${table}`, async () => {
          const waiting = await this.database.query(
            'select from pg_locks where not granted and relation = $1::regclass',
            [table],
          );
          return waiting.length > 0;
        });
      },
      async release() {
        if (runner.isReleased) return;
        await runner.rollbackTransaction();
        await runner.release();
      },
    };
  }
}

let count = 0;
export function event(occurTime: number, more: Partial<EventDraft> = {}): EventDraft {
  count += 1;
  const eventId = `e${count}`;
  const identity = { distinctId: 'anon-1', sessionId: 's1', cookieless: false };
  return { eventId, kind: 'page_view', occurTime, ...identity, bot: false, properties: new Map(), ...more };
}

export function cookieless(occurTime: number): EventDraft {
  return event(occurTime, { distinctId: '', sessionId: '', cookieless: true });
}

export async function ids(
  of: IntakeServer,
  drafts: EventDraft[],
  request?: IntakeRequest,
): Promise<[string, string][]> {
  const { records } = await of.accept(drafts, request);
  return records.map(({ distinctId, sessionId }) => [distinctId, sessionId]);
}
