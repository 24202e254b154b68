import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  cookieless,
  day,
  event,
  firefox,
  ids,
  minute,
  Intake,
  type IntakeRequest,
  type IntakeServer,
} from '../../../../test/support/intake.js';
import type { EventDraft } from './event-draft.js';

let intake: Intake;
let noon: number;
const server = (): IntakeServer => intake.server();

beforeAll(async () => {
  intake = await Intake.start();
});
beforeEach(async () => {
  await intake.clear();
  ({ noon } = intake);
});
afterEach(() => intake.stopServers());
afterAll(() => intake?.remove());

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
    const session = async (of: IntakeServer, minutes: number): Promise<string | undefined> =>
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

describe('sessions', () => {
  test('that cannot be kept are one for the day', async () => {
    await intake.database.query('alter table cookieless_session rename to hidden');
    try {
      const [one, other] = [server(), server()];
      const found = [
        await ids(one, [cookieless(noon)]),
        await ids(other, [cookieless(noon - 120 * minute)]),
      ].flat();
      expect(new Set(found.map(([, session]) => session)).size).toBe(1);
    } finally {
      await intake.database.query('alter table hidden rename to cookieless_session');
    }
  });

  test('are forgotten a day after the last event', async () => {
    const one = server();
    await one.accept([cookieless(noon)]);
    one.clock.travel(day - minute);
    await one.runJob();
    expect(await intake.database.query('select from cookieless_session')).toHaveLength(1);
    one.clock.travel(2 * minute);
    await one.runJob();
    expect(await intake.database.query('select from cookieless_session')).toHaveLength(0);
  });
});

describe('an event with an identity', () => {
  const properties = async (
    sent: EventDraft['properties'],
    request: IntakeRequest,
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
