import { randomBytes } from 'node:crypto';
import { createEnvelope } from '@dovecote/secret';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { PinoLogger } from 'nestjs-pino';
import { pino } from 'pino';
import type { DataSource } from 'typeorm';
import { cloneDatabase, type TestDatabase } from '../../../../test/support/test-database.js';
import { Clock } from '../../../platform/clock/clock.js';
import { appDataSource } from '../../../platform/database/data-source.js';
import { Database } from '../../../platform/database/index.js';
import { type Scope, Scopes } from '../../../platform/scope/index.js';
import type { AcceptedBatch, Contract } from './accepted-batch.js';
import { CookielessIdentity } from './cookieless-identity.js';
import { CookielessSalts } from './cookieless-salts.js';
import { ForgetCookieless } from './cookieless.jobs.js';
import { CookielessStore } from './cookieless.store.js';
import type { EventDraft } from './event-draft.js';
import { EventIntake } from './event-intake.js';
import { GeoDatabase } from './geo-database.js';

jest.setTimeout(60_000);

const minute = 60_000;
const day = 24 * 60 * minute;
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0';
const masterKey = randomBytes(32);

interface Request {
  address?: string;
  userAgent?: string;
  headers?: Record<string, string>;
  project?: string;
  retentionDays?: number;
  contract?: Contract;
}

/** A server, with what it remembers. */
interface Server {
  accept(drafts: EventDraft[], request?: Request): Promise<AcceptedBatch>;
  runJob(): Promise<void>;
  clock: Clock;
  database: Database;
  salts: CookielessSalts;
}

let database: TestDatabase;
let source: DataSource;
let servers: Server[] = [];
/** Noon, so that a day has a yesterday and a tomorrow within reach. */
let noon: number;

beforeAll(async () => {
  database = await cloneDatabase();
  const pool = { size: 6, applicationName: 'intake' };
  source = await appDataSource(database.appUrl, [], pool, pino({ level: 'silent' })).initialize();
});
beforeEach(async () => {
  await database.query('truncate cookieless_salt, cookieless_session');
  noon = Math.floor(Date.now() / day) * day + day / 2;
});
afterEach(() => {
  for (const { salts } of servers) salts.onApplicationShutdown();
  servers = [];
});
afterAll(async () => {
  await source?.destroy();
  await database?.drop();
});

function server(key = masterKey): Server {
  const clock = new Clock();
  clock.travel(noon - clock.now().getTime());
  const postgres = new Database(source);
  const abilities = { of: () => ({}) };
  const scopes = new Scopes(postgres, clock, abilities as never, 0);
  const log = { setContext() {}, warn() {}, error() {} } as unknown as PinoLogger;
  const store = new CookielessStore();
  const salts = new CookielessSalts(store, scopes, clock, createEnvelope(key), log);
  const identity = new CookielessIdentity(salts, store, scopes, log);
  const intake = new EventIntake(identity, new GeoDatabase({}));
  const started: Server = {
    clock,
    database: postgres,
    salts,
    async accept(drafts, request = {}) {
      const { address = '192.0.2.1', userAgent = firefox, headers = {}, contract = 'shipped' } = request;
      const { project = 'p1', retentionDays = null } = request;
      const origin = {
        caller: { kind: 'system' as const },
        requestId: 'r',
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
  servers.push(started);
  return started;
}

let count = 0;
function event(occurTime: number, more: Partial<EventDraft> = {}): EventDraft {
  count += 1;
  const eventId = `e${count}`;
  const identity = { distinctId: 'anon-1', sessionId: 's1', cookieless: false };
  return { eventId, kind: 'page_view', occurTime, ...identity, bot: false, properties: new Map(), ...more };
}

function cookieless(occurTime: number): EventDraft {
  return event(occurTime, { distinctId: '', sessionId: '', cookieless: true });
}

async function ids(of: Server, drafts: EventDraft[], request?: Request): Promise<[string, string][]> {
  const { records } = await of.accept(drafts, request);
  return records.map(({ distinctId, sessionId }) => [distinctId, sessionId]);
}

describe('a cookieless event', () => {
  test.each([
    ['an address', { address: '' }],
    ['an address that is one', { address: 'unknown' }],
    ['a user agent', { userAgent: '' }],
  ])('without %s refuses the whole request', async (_, request) => {
    await expect(server().accept([event(noon), cookieless(noon)], request)).rejects.toMatchObject({
      reason: 'COOKIELESS_IDENTITY_UNAVAILABLE',
    });
    expect((await server().accept([event(noon)], request)).records).toHaveLength(1);
  });

  test('of neither today nor yesterday is dropped, and no other', async () => {
    const drafts = [
      cookieless(noon - 2 * day),
      cookieless(noon - day),
      event(noon - 2 * day),
      cookieless(noon + day),
    ];
    const batch = await server().accept(drafts);
    expect(batch.records.map(({ eventId }) => eventId)).toEqual([drafts[1]?.eventId, drafts[2]?.eventId]);
    expect(batch).toMatchObject({ dropped: 2, droppedByReason: new Map([['day_out_of_range', 2]]) });
  });

  test('has the id of a visitor of its day, the same on every server', async () => {
    const [one, other] = [server(), server()];
    const results = await Promise.all([ids(one, [cookieless(noon)]), ids(other, [cookieless(noon)])]);
    expect(results[0]).toEqual(results[1]);
    const [[visitor, session] = ['', '']] = results[0] ?? [];
    expect(visitor).toMatch(/^cookieless-[\w-]{22}$/);
    expect(session).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('is of another visitor on another day, in another project, from elsewhere, with another program', async () => {
    const one = server();
    const found = [
      await ids(one, [cookieless(noon), cookieless(noon - day)]),
      await ids(one, [cookieless(noon)], { project: 'p2' }),
      await ids(one, [cookieless(noon)], { address: '192.0.2.2' }),
      await ids(one, [cookieless(noon)], { userAgent: `${firefox}.1` }),
    ].flat();
    expect(new Set(found.map(([visitor]) => visitor)).size).toBe(5);
    expect(new Set(found.map(([, session]) => session)).size).toBe(5);
  });

  test('is of the person whom the CDN names', async () => {
    const headers = { 'cf-connecting-ip': '::ffff:192.0.2.1' };
    const one = server();
    expect(await ids(one, [cookieless(noon)], { address: '198.51.100.1', headers })).toEqual(
      await ids(one, [cookieless(noon)]),
    );
  });

  test('shares its session with the events of half an hour around it, on every server', async () => {
    const [one, other] = [server(), server()];
    const session = async (of: Server, minutes: number): Promise<string | undefined> =>
      (await ids(of, [cookieless(noon + minutes * minute)]))[0]?.[1];
    const first = await session(one, 0);
    expect(await session(other, 25)).toBe(first);
    expect(await session(one, 55)).toBe(first);
    expect(await session(other, 25)).toBe(first);
    const late = await session(one, 24);
    expect(late).not.toBe(first);
    expect(await session(other, 23)).toBe(late);
    const next = await session(other, 86);
    expect(next).not.toBe(first);
    expect(await session(one, 100)).toBe(next);
  });

  test('shares it however many servers see the visitor at once', async () => {
    const all = Array.from({ length: 4 }, () => server());
    const found = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        ids(all[index % 4] ?? server(), [cookieless(noon + index * minute)]),
      ),
    );
    expect(new Set(found.flat().map(([, session]) => session)).size).toBe(1);
  });
});

describe('the salt of a day', () => {
  const days = async (): Promise<string[]> =>
    (await database.query<{ day: string }>('select day::text from cookieless_salt order by day')).map(
      ({ day: found }) => String(found),
    );
  const file = async (): Promise<unknown> =>
    (await database.query<{ file: string }>(`select pg_relation_filenode('cookieless_salt') as file`))[0]
      ?.file;

  test('is forgotten when the day after it is over, by the database too', async () => {
    const one = server();
    const [before] = await ids(one, [cookieless(noon), cookieless(noon - day)]);
    expect(await days()).toHaveLength(2);
    const first = await file();
    await one.runJob();
    expect(await days()).toHaveLength(2);
    expect(await file()).toBe(first);

    // Until the last millisecond of the day after, the visitor is recognized.
    one.clock.travel(day + day / 2 - 1_000);
    await one.runJob();
    expect(await ids(one, [cookieless(noon)])).toEqual([before]);
    one.clock.travel(2_000);
    await one.runJob();
    expect(await days()).toEqual([]);
    // Not deleted rows in the same file, but another file.
    expect(await file()).not.toBe(first);
    expect((await one.accept([cookieless(noon)])).droppedByReason).toEqual(
      new Map([['day_out_of_range', 1]]),
    );
  });

  test('of today stays when another is forgotten', async () => {
    const one = server();
    await one.accept([cookieless(noon - day)]);
    const [before] = await ids(one, [cookieless(noon)]);
    one.clock.travel(day);
    await one.runJob();
    expect(await days()).toEqual([new Date(noon).toISOString().slice(0, 10)]);
    expect(await ids(server(), [cookieless(noon)])).toEqual([before]);
  });

  test('is forgotten later when another transaction holds the table, without delaying events until then', async () => {
    const one = server();
    await one.accept([cookieless(noon - day)]);
    one.clock.travel(day);
    const dump = source.createQueryRunner();
    await dump.startTransaction();
    try {
      await dump.query('select from cookieless_salt');
      await expect(one.runJob()).rejects.toMatchObject({ code: '55P03' });
      expect((await one.accept([cookieless(noon + day)])).dropped).toBe(0);
    } finally {
      await dump.rollbackTransaction();
      await dump.release();
    }
    await one.runJob();
    expect(await days()).toEqual([new Date(noon + day).toISOString().slice(0, 10)]);
  });

  test('survives the loss of the table in a process that knows it', async () => {
    const one = server();
    const [before] = await ids(one, [cookieless(noon)]);
    await database.query('truncate cookieless_salt');
    expect((await ids(one, [cookieless(noon)]))[0]?.[0]).toBe(before?.[0]);
  });

  test('is nowhere in the clear, and what holds it is not logged', async () => {
    await server().accept([cookieless(noon)]);
    const tables = await database.query<{ relpersistence: string }>(
      `select relname, relpersistence from pg_class where relname like 'cookieless_s%' and relkind = 'r'`,
    );
    expect(tables).toHaveLength(2);
    expect(tables.every(({ relpersistence }) => relpersistence === 'u')).toBe(true);
    const [row] = await database.query<{ length: number }>(
      'select octet_length(sealed) as length from cookieless_salt',
    );
    expect(row?.length).toBe(1 + 8 + 32 + 32 + 16);
  });

  test('that cannot be read drops cookieless events only', async () => {
    await server(randomBytes(32)).accept([cookieless(noon)]);
    const batch = await server().accept([event(noon), cookieless(noon)]);
    expect(batch.records).toHaveLength(1);
    expect(batch.droppedByReason).toEqual(new Map([['salt_corrupt', 1]]));
  });

  test('that the database does not give drops cookieless events only', async () => {
    await database.query('alter table cookieless_salt rename to hidden');
    try {
      const batch = await server().accept([event(noon), cookieless(noon)]);
      expect(batch.records).toHaveLength(1);
      expect(batch.droppedByReason).toEqual(new Map([['salt_unavailable', 1]]));
    } finally {
      await database.query('alter table hidden rename to cookieless_salt');
    }
  });
});

describe('sessions', () => {
  test('that cannot be kept are one for the day', async () => {
    await database.query('alter table cookieless_session rename to hidden');
    try {
      const [one, other] = [server(), server()];
      const found = [
        await ids(one, [cookieless(noon)]),
        await ids(other, [cookieless(noon - 120 * minute)]),
      ].flat();
      expect(new Set(found.map(([, session]) => session)).size).toBe(1);
    } finally {
      await database.query('alter table hidden rename to cookieless_session');
    }
  });

  test('are forgotten a day after the last event', async () => {
    const one = server();
    await one.accept([cookieless(noon)]);
    one.clock.travel(day - minute);
    await one.runJob();
    expect(await database.query('select from cookieless_session')).toHaveLength(1);
    one.clock.travel(2 * minute);
    await one.runJob();
    expect(await database.query('select from cookieless_session')).toHaveLength(0);
  });
});

describe('an event with an identity', () => {
  const properties = async (
    sent: EventDraft['properties'],
    request: Request,
  ): Promise<Record<string, unknown>> => {
    const { records } = await server().accept([event(noon, { properties: sent })], request);
    return Object.fromEntries([...(records[0]?.properties ?? [])].map(([name, { value }]) => [name, value]));
  };
  const headers = { 'cf-ipcountry': 'DE', 'cf-bot-score': '30' };

  test.each<[string, () => number, number | undefined, string]>([
    ['in more than a day', () => noon + day + minute, undefined, 'future_occur_time'],
    ['before 1970', () => -1, undefined, 'too_old'],
    ['31 days ago, in a project that keeps 30', () => noon - 31 * day, 30, 'too_old'],
  ])('is dropped when it happened %s', async (_, occurTime, retentionDays, reason) => {
    const batch = await server().accept([event(occurTime()), event(noon)], { retentionDays });
    expect(batch.records).toHaveLength(1);
    expect(batch).toMatchObject({ dropped: 1, droppedByReason: new Map([[reason, 1]]) });
  });

  test('says what its request says', async () => {
    const sent: EventDraft['properties'] = new Map([
      ['$country', { type: 'string', value: 'US' }],
      ['$browser', { type: 'string', value: 'My App' }],
      ['$ip', { type: 'string', value: '192.0.2.1' }],
    ]);
    expect(await properties(sent, { headers })).toEqual({
      $country: 'DE',
      $bot_score: 30n,
      $browser: 'My App',
      $browserVersion: '121',
      $os: 'Linux',
      $device: 'desktop',
      $mobile: false,
    });
    expect(await properties(new Map(sent), { headers, contract: 'documented' })).toMatchObject({
      $browser: 'Firefox',
      $browserVersion: '121.0',
    });
  });

  test('keeps the place that it says itself without a CDN', async () => {
    expect(await properties(new Map([['$country', { type: 'string', value: 'US' }]]), {})).toMatchObject({
      $country: 'US',
    });
  });

  test('is marked when a bot sent it', async () => {
    const userAgent = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)';
    const [bot, person] = await Promise.all([
      server().accept([event(noon)], { userAgent }),
      server().accept([event(noon)]),
    ]);
    expect([bot.records[0]?.bot, person.records[0]?.bot]).toEqual([true, false]);
  });

  test('holds its address nowhere', async () => {
    const { records } = await server().accept([event(noon), cookieless(noon)], { headers });
    const text = JSON.stringify(
      records.map((record) => ({ ...record, properties: [...record.properties] })),
      (_, value) => (typeof value === 'bigint' ? String(value) : value),
    );
    expect(text).not.toContain('192.0.2.1');
  });
});
