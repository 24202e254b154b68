import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../../test/support/eventually.js';
import {
  cookieless,
  day,
  event,
  ids,
  minute,
  Intake,
  type IntakeServer,
} from '../../../../test/support/intake.js';
import type { EventDraft } from './event-draft.js';

let intake: Intake;
let noon: number;
const server = (key?: Buffer<ArrayBuffer>): IntakeServer => intake.server(key);

beforeAll(async () => {
  intake = await Intake.start();
});
beforeEach(async () => {
  await intake.clear();
  ({ noon } = intake);
});
afterEach(() => intake.stopServers());
afterAll(() => intake?.remove());

describe('the salt of a day', () => {
  const days = async (): Promise<string[]> =>
    (await intake.database.query<{ day: string }>('select day::text from cookieless_salt order by day')).map(
      ({ day: found }) => String(found),
    );
  const file = async (): Promise<unknown> =>
    (
      await intake.database.query<{ file: string }>(`select pg_relation_filenode('cookieless_salt') as file`)
    )[0]?.file;

  test('is forgotten when the day after it is over, by the database too', async () => {
    const one = server();
    const [before] = await ids(one, [cookieless(noon), cookieless(noon - day)]);
    expect(await days()).toHaveLength(2);
    const first = await file();
    await one.runJob();
    expect(await days()).toHaveLength(2);
    expect(await file()).toBe(first);

    // Until the last millisecond of the day after, the visitor is recognized.
    one.clock.travel(day + day / 2 - 1);
    await one.runJob();
    expect(await ids(one, [cookieless(noon)])).toEqual([before]);
    one.clock.travel(1);
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
    const dump = await intake.lock('cookieless_salt', 'access share');
    try {
      await expect(one.runJob()).rejects.toMatchObject({ code: '55P03' });
      expect((await one.accept([cookieless(noon + day)])).dropped).toBe(0);
    } finally {
      await dump.release();
    }
    await one.runJob();
    expect(await days()).toEqual([new Date(noon + day).toISOString().slice(0, 10)]);
  });

  test('stays in the hands of a request that is under way when the day is over', async () => {
    const one = server();
    const drafts = (): EventDraft[] => [cookieless(noon - 120 * minute), cookieless(noon)];
    const before = await ids(one, drafts());
    await intake.database.query('truncate cookieless_session');
    const late = drafts();
    const sessions = await intake.lock('cookieless_session');
    const accepting = one.accept(late);
    await sessions.blocked();
    one.clock.travel(2 * day);
    const job = one.runJob();
    await eventually('the salt is forgotten', async () => (await days()).length === 0);
    await sessions.release();
    await Promise.all([accepting, job]);
    expect(late.map(({ distinctId, sessionId }) => [distinctId, sessionId])).toEqual(before);
  });

  test('reaches the calls that wait for it although the one that reads it is cancelled', async () => {
    const one = server();
    const call = new AbortController();
    const salts = await intake.lock('cookieless_salt');
    const first = one.accept([cookieless(noon)], { signal: call.signal }).catch(() => undefined);
    await salts.blocked();
    const second = one.accept([cookieless(noon)]);
    call.abort();
    await salts.release();
    await first;
    expect((await second).droppedByReason).toEqual(new Map());
  });

  test('survives the loss of the table in a process that knows it', async () => {
    const one = server();
    const [before] = await ids(one, [cookieless(noon)]);
    await intake.database.query('truncate cookieless_salt');
    expect((await ids(one, [cookieless(noon)]))[0]?.[0]).toBe(before?.[0]);
  });

  test('is nowhere in the clear, and what holds it is not logged', async () => {
    await server().accept([cookieless(noon)]);
    const tables = await intake.database.query<{ relpersistence: string }>(
      `select relname, relpersistence from pg_class where relname like 'cookieless_s%' and relkind = 'r'`,
    );
    expect(tables).toHaveLength(2);
    expect(tables.every(({ relpersistence }) => relpersistence === 'u')).toBe(true);
    const [row] = await intake.database.query<{ length: number }>(
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
    await intake.database.query('alter table cookieless_salt rename to hidden');
    try {
      const batch = await server().accept([event(noon), cookieless(noon)]);
      expect(batch.records).toHaveLength(1);
      expect(batch.droppedByReason).toEqual(new Map([['salt_unavailable', 1]]));
    } finally {
      await intake.database.query('alter table hidden rename to cookieless_salt');
    }
  });
});
