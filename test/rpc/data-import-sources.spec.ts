import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  CsvType,
  DateOrder,
  ImportService,
  ImportSource,
} from '@dovecote/contract/dovecote/transfer/v1/import_pb';
import { v7 as uuid } from 'uuid';
import { addProject, type Cast, inProject, seedCast, type TestProject } from '../support/cast.js';
import { imported, ndjson, storedEvents } from '../support/imports.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

jest.setTimeout(120_000);

const { SEGMENT, MIXPANEL, AMPLITUDE, POSTHOG, GA4, CSV } = ImportSource;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { IMPORT_EVENTS_PER_SECOND: '100000' } });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

let made = 0;
const newProject = () => addProject(s, cast.acme, `Project ${(made += 1)}`);
const stored = (project: TestProject) => storedEvents(s, project);
const into = (project: TestProject) => inProject(cast.alice, project, ImportService);

describe('exports of other products', () => {
  test('Segment: calls with their context; persons and aliases become profiles', async () => {
    const project = await newProject();
    await imported(
      into(project),
      JSON.stringify([
        {
          type: 'page',
          messageId: '0190a5e0-0000-7000-8000-000000000001',
          anonymousId: 'anon-7',
          timestamp: '2025-03-04T05:06:07.123Z',
          properties: { url: 'https://shop.example/?utm_source=x', title: 'Shop' },
          context: { campaign: { source: 'mail' }, os: { name: 'iOS' } },
        },
        { type: 'identify', userId: 'anna', anonymousId: 'anon-7', traits: { plan: 'pro' } },
        { type: 'alias', userId: 'anna', previousId: 'old-anna' },
      ]),
      { source: SEGMENT },
    );
    expect(await stored(project)).toMatchObject([
      {
        event_id: '0190a5e0-0000-7000-8000-000000000001',
        kind: 'page_view',
        occur_time: '2025-03-04 05:06:07.123',
        distinct_id: 'anon-7',
        url: 'https://shop.example/?utm_source=x',
        utm_source: 'mail',
        os: 'iOS',
        page_title: 'Shop',
      },
    ]);
    const aliases = await s.database.query<{ alias: string }>(
      `select a.alias from profile p join profile_alias a on a.profile_id = p.id
        where p.project = $1 and p.properties = '{"plan": "pro"}' order by a.alias`,
      [project.number],
    );
    expect(aliases.map(({ alias }) => alias)).toEqual(expect.arrayContaining(['anna', 'anon-7', 'old-anna']));
  });

  test('Mixpanel: seconds of the project’s zone, automatic properties, persons', async () => {
    const project = await newProject();
    const event = {
      event: '$mp_web_page_view',
      properties: {
        time: 1_741_064_767,
        distinct_id: 'd1',
        $insert_id: 'i1',
        $browser: 'Firefox',
        $ip: '192.0.2.1',
        $initial_x: 1,
        tags: ['a'],
      },
    };
    await imported(
      into(project),
      ndjson([event, { $distinct_id: 'd1', $properties: { $email: 'a@example.com' } }]),
      { source: MIXPANEL },
    );
    const [row] = await stored(project);
    expect(row).toMatchObject({
      kind: 'page_view',
      occur_time: '2025-03-04 05:06:07.000',
      browser: 'Firefox',
      properties: { initial_x: '1', tags: '["a"]' },
    });
    expect(JSON.stringify(row)).not.toContain('192.0.2.1');
  });

  test('Amplitude: times of UTC, devices and sessions', async () => {
    const project = await newProject();
    const event = {
      event_type: 'Play',
      event_time: '2025-03-04 05:06:07.890123',
      user_id: null,
      device_id: 'dev',
      session_id: 1741064767123,
      uuid: uuid(),
      os_name: 'iOS',
      event_properties: { song: { title: 'x', length: 3 } },
      ip_address: '192.0.2.1',
    };
    await imported(into(project), ndjson([event]), { source: AMPLITUDE });
    expect(await stored(project)).toMatchObject([
      {
        kind: 'Play',
        occur_time: '2025-03-04 05:06:07.890',
        distinct_id: 'dev',
        session_id: 'dev:1741064767123',
        os: 'iOS',
        properties: { 'song.title': 'x', 'song.length': '3' },
        types: { 'song.length': 1 },
      },
    ]);
  });

  test('PostHog: JSON, and CSV with JSON or a column for each property', async () => {
    const project = await newProject();
    const id = uuid();
    const properties = {
      $browser: 'Chrome',
      $current_url: 'https://a.example/',
      $session_id: 's1',
      plan: 'pro',
    };
    const time = '2025-03-04T05:06:07.000000+00:00';
    await imported(
      into(project),
      ndjson([{ uuid: id, event: '$pageview', distinct_id: 'p1', timestamp: time, properties }]),
      { source: POSTHOG },
    );
    const quoted = JSON.stringify(properties).replaceAll('"', '""');
    const csv = `uuid,event,distinct_id,timestamp,properties\r\n${id},$pageview,p1,${time},"${quoted}"\r\n`;
    const again = await imported(into(project), csv, { source: POSTHOG });
    expect(again).toMatchObject({ eventsStored: 0n, eventsPresent: 1n });
    const flat = `uuid,event,distinct_id,timestamp,properties.$browser\n${uuid()},buy,p1,${time},Safari\n`;
    await imported(into(project), flat, { source: POSTHOG });
    expect((await stored(project)).map(({ kind, browser }) => [kind, browser]).sort()).toEqual([
      ['buy', 'Safari'],
      ['page_view', 'Chrome'],
    ]);
  });

  test('Google Analytics 4: parameters of each type, and twice the same content once', async () => {
    const project = await newProject();
    const row = {
      event_date: '20250304',
      event_timestamp: '1741064767123456',
      event_name: 'purchase',
      user_pseudo_id: 'p.1',
      event_params: [
        { key: 'page_location', value: { string_value: 'https://a.example/' } },
        { key: 'ga_session_id', value: { int_value: '17' } },
        { key: 'value', value: { double_value: 9.5 } },
        { key: 'items', value: { int_value: '3' } },
      ],
      device: { category: 'mobile', web_info: { browser: 'Chrome' } },
      geo: { country: 'Sweden' },
    };
    await imported(into(project), ndjson([row, row]), { source: GA4 });
    expect(await stored(project)).toMatchObject([
      {
        kind: 'purchase',
        occur_time: '2025-03-04 05:06:07.123',
        session_id: 'p.1:17',
        browser: 'Chrome',
        device: 'mobile',
        url: 'https://a.example/',
        properties: { value: '9.5', items: '3', country_name: 'Sweden' },
        types: { value: 2, items: 1 },
      },
    ]);
  });

  test('CSV: by a mapping, with quotes, zones, types, and a quote that is never closed', async () => {
    const project = await newProject();
    const file = [
      'when;who;what;amount;note;vip',
      '3/4/2025 06:06:07;u1;sale;9,5;"a ""quoted"" one',
      'on two lines";yes',
      '3/4/2025 06:06:08;u2;sale;7;"never closed;no',
      '3/4/2025 06:06:09;u3;sale;8;fine;no',
    ].join('\n');
    const mapping = {
      timeColumn: 'when',
      distinctIdColumn: 'who',
      eventColumn: 'what',
      delimiter: ';',
      properties: [
        { column: 'amount', type: CsvType.NUMBER },
        { column: 'note' },
        { column: 'vip', property: 'is_vip', type: CsvType.BOOLEAN },
      ],
    };
    const done = await imported(into(project), file, {
      source: CSV,
      zone: 'Europe/Stockholm',
      dateOrder: DateOrder.MONTH_FIRST,
      csv: mapping,
    });
    expect(done.check?.problems.map(({ line, field }) => [Number(line), field])).toEqual([
      [2, 'amount'],
      [4, ''],
    ]);
    expect(await stored(project)).toMatchObject([
      {
        occur_time: '2025-03-04 05:06:07.000',
        distinct_id: 'u1',
        properties: { note: 'a "quoted" one\non two lines', is_vip: 'true' },
      },
      {
        occur_time: '2025-03-04 05:06:09.000',
        distinct_id: 'u3',
        properties: { amount: '8', is_vip: 'false' },
        types: { amount: 1, is_vip: 3 },
      },
    ]);
  });
});
