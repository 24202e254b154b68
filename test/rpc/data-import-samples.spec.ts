import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ImportService, ImportSource, ImportState } from '@dovecote/contract/dovecote/transfer/v1/import_pb';
import { addProject, type Cast, inProject, seedCast, type TestProject } from '../support/cast.js';
import {
  amplitudeEvents,
  ga4Rows,
  mixpanelEvents,
  mixpanelPeople,
  posthogCsv,
  posthogEvents,
  posthogPersonRows,
  posthogPersons,
  segmentCalls,
} from '../support/export-samples.js';
import { checked, imported, ndjson, type StoredEvent, storedEvents } from '../support/imports.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

jest.setTimeout(120_000);

const { MIXPANEL, AMPLITUDE, POSTHOG, GA4, SEGMENT, DOVECOTE_NDJSON } = ImportSource;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ analytics: true, env: { IMPORT_EVENTS_PER_SECOND: '100000' } });
  cast = await seedCast(s);
});
afterAll(async () => {
  expect(await storedEvents(s, cast.otherSite)).toEqual([]);
  await s?.stop();
});

let made = 0;
const newProject = () => addProject(s, cast.acme, `Project ${(made += 1)}`);
const into = (project: TestProject) => inProject(cast.alice, project, ImportService);

/** Takes each file without a problem, and answers what is stored. */
async function taken(
  project: TestProject,
  source: ImportSource,
  files: readonly string[],
  zone = '',
): Promise<StoredEvent[]> {
  for (const file of files) {
    const done = await imported(into(project), file, { source, zone });
    expect(done.check?.problems).toEqual([]);
    expect(done).toMatchObject({ state: ImportState.COMPLETED, linesRefused: 0n });
  }
  const stored = await storedEvents(s, project);
  expect(JSON.stringify(stored)).not.toContain('192.0.2.7');
  return stored;
}

interface Person {
  readonly ids: string[];
  readonly properties: Record<string, unknown>;
}

/** Persons by all ids that lead to them. */
async function personsOf({ number }: TestProject): Promise<Person[]> {
  return s.database.query<Person>(
    `select array_agg(a.alias order by a.alias) as ids, p.properties
       from profile p join profile_alias a on a.profile_id = p.id and a.alias <> p.id::text
      where p.project = $1 and p.merged_into is null group by p.id, p.properties order by 1`,
    [number],
  );
}

describe('a file in the shape of', () => {
  test('Mixpanel: events, joined ids, and a page of persons', async () => {
    const project = await newProject();
    const stored = await taken(project, MIXPANEL, [ndjson(mixpanelEvents), JSON.stringify(mixpanelPeople)]);
    expect(stored).toMatchObject([
      {
        kind: 'page_view',
        occur_time: '2025-03-04 05:06:07.000',
        distinct_id: '$device:0b6c1a52-7f0e-4d0a-9a43-5d8f1c6e2a10',
        url: 'https://shop.example/tea?utm_source=letter',
        pathname: '/tea',
        hostname: 'shop.example',
        os: 'macOS',
        country: 'SE',
        screen_size: '1920x1080',
        utm_source: 'letter',
        page_title: 'Tea',
      },
      {
        kind: 'Order Placed',
        distinct_id: 'anna',
        device: 'mobile',
        properties: { total: '19.5', device: 'iPhone', 'Items Bought': '["green","black"]' },
      },
    ]);
    expect(Object.keys(stored[0]?.properties ?? {})).not.toContain('mp_api_timestamp_ms');
    expect(await personsOf(project)).toEqual([
      {
        ids: ['anna'],
        properties: expect.objectContaining({ email: 'anna@shop.example', name: 'Anna', plan: 'pro' }),
      },
      { ids: ['bert', 'bert@shop.example', 'device-b', 'robert'], properties: {} },
    ]);
    expect(JSON.stringify(await personsOf(project))).not.toContain('192.0.2.7');
  });

  test('Mixpanel, of a project made before 2023: times are those of its zone', async () => {
    const project = await newProject();
    const stored = await taken(project, MIXPANEL, [ndjson(mixpanelEvents)], 'America/Los_Angeles');
    // Before summer time began.
    expect(stored[0]).toMatchObject({ occur_time: '2025-03-04 13:06:07.000' });
  });

  test('Amplitude: pages have a browser where apps have a system; times are of UTC in any zone', async () => {
    const project = await newProject();
    const stored = await taken(project, AMPLITUDE, [ndjson(amplitudeEvents)], 'Asia/Tokyo');
    expect(stored).toMatchObject([
      {
        kind: 'page_view',
        occur_time: '2025-03-04 05:06:07.890',
        distinct_id: '7f6a0a34-4b0a-4c7c-bd0c-1c0f3a2b9d55',
        session_id: '7f6a0a34-4b0a-4c7c-bd0c-1c0f3a2b9d55:1741064767123',
        browser: 'Chrome',
        browser_version: '121',
        os: 'macOS',
        os_version: '',
        device: 'desktop',
        country: 'SE',
        locale: '',
        url: 'https://shop.example/tea?utm_source=letter',
        properties: { country_name: 'Sweden', language: 'English' },
      },
      {
        kind: 'Order Placed',
        distinct_id: 'anna',
        session_id: '',
        browser: '',
        os: 'iOS',
        os_version: '17.3',
        device: 'mobile',
        properties: { device: 'Apple iPhone', app_version: '3.1.0', total: '19.5' },
      },
    ]);
  });

  test('PostHog: events, persons by row and by page, and a column for each property', async () => {
    const project = await newProject();
    const stored = await taken(project, POSTHOG, [
      ndjson(posthogEvents),
      ndjson(posthogPersonRows),
      JSON.stringify(posthogPersons, null, 2),
      posthogCsv,
    ]);
    expect(stored).toMatchObject([
      {
        event_id: '01956000-0000-7000-8000-000000000011',
        kind: 'page_view',
        occur_time: '2025-03-04 05:06:07.123',
        session_id: '01956000-0000-7000-8000-000000000001',
        device: 'desktop',
        os: 'macOS',
        country: 'SE',
        properties: { plan: 'pro' },
      },
      { kind: 'buy', distinct_id: 'anna', browser: 'Safari', properties: { plan: 'pro' } },
    ]);
    expect(await personsOf(project)).toEqual([
      {
        ids: ['01956000-0000-7000-8000-00000000000a', 'anna'],
        properties: { plan: 'pro', initial_browser: 'Chrome' },
      },
      {
        ids: ['01956000-0000-7000-8000-00000000000b', '01956000-0000-7000-8000-0000000000bb', 'bert'],
        properties: { plan: 'team', initial_os: 'Linux' },
      },
      { ids: ['01956000-0000-7000-8000-00000000000c', 'carl'], properties: { email: 'carl@shop.example' } },
    ]);
  });

  test('Google Analytics 4: campaign, purchase and place', async () => {
    const stored = await taken(await newProject(), GA4, [ndjson(ga4Rows)]);
    expect(stored).toMatchObject([
      {
        kind: 'purchase',
        occur_time: '2025-03-04 05:06:07.123',
        distinct_id: '1234567890.1741000000',
        session_id: '1234567890.1741000000:1741064700',
        utm_source: 'letter',
        utm_medium: 'email',
        utm_campaign: 'spring',
        os: 'macOS',
        locale: 'sv-SE',
        country: 'SE',
        properties: {
          country_name: 'Sweden',
          value: '19.5',
          'ecommerce.transaction_id': 'T-1',
          'ecommerce.purchase_revenue': '19.5',
          items: JSON.stringify(ga4Rows[0]?.items),
        },
      },
    ]);
  });

  test('Segment: context of pages and apps', async () => {
    const project = await newProject();
    const stored = await taken(project, SEGMENT, [ndjson(segmentCalls)]);
    expect(stored).toMatchObject([
      {
        kind: 'page_view',
        distinct_id: 'anon-7',
        url: 'https://shop.example/tea',
        referrer: 'https://search.example/',
        utm_campaign: 'spring',
        locale: 'sv-SE',
      },
      { kind: 'Order Placed', distinct_id: 'anna', os: 'iOS', device: 'mobile' },
    ]);
    expect(await personsOf(project)).toMatchObject([{ ids: ['anna', 'anon-7'] }]);
  });
});

describe('a person whom a profile cannot take', () => {
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
  test.each<[string, ImportSource, string]>([
    ['of too deep traits', SEGMENT, `{"type":"identify","userId":"a","traits":${deep}}`],
    [
      'of too deep traits of this product',
      DOVECOTE_NDJSON,
      `{"type":"profile","externalId":"a","traits":${deep}}`,
    ],
    ['of a day', SEGMENT, '{"type":"identify","userId":"cookieless-a"}'],
    [
      'of too long traits',
      SEGMENT,
      JSON.stringify({ type: 'identify', userId: 'a', traits: { x: 'y'.repeat(9_000) } }),
    ],
  ])('is told by the check: %s', async (_what, source, line) => {
    const { check } = await checked(into(await newProject()), `${line}\n`, { source });
    expect(check).toMatchObject({ lines: 1n, refused: 1n, profiles: 0n });
  });

  test('is taken with characters that PostgreSQL has not, and without the address', async () => {
    const project = await newProject();
    const traits = { note: 'a\0b', half: '\ud800', $ip: '192.0.2.7' };
    await taken(project, SEGMENT, [ndjson([{ type: 'identify', userId: 'anna', traits }])]);
    expect(await personsOf(project)).toEqual([
      { ids: ['anna'], properties: { note: 'a\ufffdb', half: '\ufffd' } },
    ]);
  });
});
