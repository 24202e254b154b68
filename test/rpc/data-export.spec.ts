import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Code } from '@connectrpc/connect';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  type Export,
  ExportFormat,
  ExportService,
  ExportState,
  ExportSubject,
} from '@dovecote/contract/dovecote/transfer/v1/export_pb';
import { EventsService } from '@dovecote/contract/sdk/events/v1/events_pb';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { v7 as uuid } from 'uuid';
import {
  type Actor,
  addMember,
  addOrganization,
  addProject,
  type Cast,
  inProject,
  seedCast,
  type TestProject,
} from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { newEmail } from '../support/members.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

jest.setTimeout(120_000);

const { NDJSON, PARQUET } = ExportFormat;
const at = Date.parse('2026-11-02T10:20:30.456Z');

let s: TestServer;
let cast: Cast;
let folder: string;
let shop: TestProject;
/** With every type that a property can have, automatic ones included. */
const anna = { distinctId: 'anna', eventId: uuid(), sessionId: uuid() };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovecote-data-export-'));
  s = await startTestServer({ analytics: true, env: { DATA_DIR: folder } });
  cast = await seedCast(s);
  shop = await addProject(s, cast.acme, 'Shop');
  await fill();
});
afterAll(async () => {
  await s?.stop();
  await rm(folder, { recursive: true, force: true });
});

const exportsOf = (who: Actor, project: TestProject = shop) => inProject(who, project, ExportService);

async function fill(): Promise<void> {
  const typed = {
    eventId: anna.eventId,
    kind: 'purchase',
    occurTime: timestampFromMs(at),
    distinctId: anna.distinctId,
    sessionId: anna.sessionId,
    autoProperties: {
      $url: text('https://shop.example/cart?utm_source=mail'),
      $osVersion: { value: { case: 'doubleValue' as const, value: 17.5 } },
      $mobile: { value: { case: 'boolValue' as const, value: false } },
    },
    customProperties: {
      plan: text('=1+1'),
      ['__proto__']: text('a name like any other'),
      seats: { value: { case: 'intValue' as const, value: 7n } },
      account: { value: { case: 'intValue' as const, value: 9_007_199_254_740_993n } },
      ratio: { value: { case: 'doubleValue' as const, value: 2 } },
      digits: text('007'),
      trial: { value: { case: 'boolValue' as const, value: true } },
      due: { value: { case: 'timestampValue' as const, value: timestampFromMs(at) } },
    },
  };
  const sender = shop.keys.public.client(EventsService);
  await sender.batchCreate({ events: [typed] });
  // A retry of an SDK is the same event.
  await sender.batchCreate({ events: [typed] });
  const others = Array.from({ length: 300 }, (_, n) => ({
    eventId: uuid(),
    kind: 'page_view',
    occurTime: timestampFromMs(at - n * 86_400_000),
    distinctId: n % 3 === 0 ? 'anon-1' : `person-${n}`,
    sessionId: uuid(),
  }));
  await sender.batchCreate({ events: others });
  await shop.keys.sdk.client(ProfilesSDKService).identify({
    externalId: 'anna',
    anonymousId: 'anon-1',
    traits: { plan: 'pro', seats: 3, address: { city: 'Malmö' }, tags: ['a', 'b'] },
  });
  await cast.otherSite.keys.public
    .client(EventsService)
    .batchCreate({ events: [{ ...typed, eventId: uuid(), distinctId: 'mallory’s person' }] });
  await eventually('all events are stored', async () => {
    const waiting = await s.database.query('select from ingest_batch');
    return waiting.length === 0;
  });
}

function text(value: string) {
  return { value: { case: 'stringValue' as const, value } };
}

async function ended(who: Actor, id: string | undefined, state = ExportState.COMPLETED): Promise<Export> {
  return eventually(
    'the export has ended',
    async () => {
      const answer = await exportsOf(who).getExport({ exportId: id });
      return answer.export?.state === state && answer.export;
    },
    60_000,
  );
}

async function made(
  who: Actor,
  request: { format: ExportFormat; startTime?: ReturnType<typeof timestampFromMs> },
) {
  const created = await exportsOf(who).createProjectExport(request);
  return ended(who, created.export?.id);
}

async function bytesOf({ files }: Export, name: string): Promise<Buffer> {
  const url = files.find((file) => file.name === name)?.url ?? '';
  const response = await fetch(s.url + new URL(url).pathname);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

async function linesOf(from: Export, name: string): Promise<Record<string, unknown>[]> {
  const bytes = await bytesOf(from, name);
  const lines = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('an export is refused', () => {
  test('to members without the permission, to keys of the project, and to other organizations', async () => {
    const calls = [
      exportsOf(cast.erin).createProjectExport({ format: NDJSON }),
      exportsOf(cast.mallory).createProjectExport({ format: NDJSON }),
      exportsOf(cast.mallory).createPersonExport({ person: 'anna' }),
      s.client(ExportService, shop.keys.private.headers).createProjectExport({ format: NDJSON }),
      s.client(ExportService, cast.alice.headers).createProjectExport({ format: NDJSON }),
    ];
    for (const refused of await refusalsOf(calls))
      expect([Code.PermissionDenied, Code.Unauthenticated]).toContain(refused.code);
    expect(await s.database.query('select from data_export')).toEqual([]);
  });

  test('to a member who has not proven lately who they are', async () => {
    const [{ identityId, sessionId, email, orgId }] = [cast.alice];
    const { AccessTokens } = await import('../../src/platform/caller/access-tokens.js');
    const tokens = s.server.app.get(AccessTokens, { strict: false });
    const stale = await tokens.issue({
      identityId,
      sessionId,
      email,
      orgId,
      provenAt: Date.now() - 3_600_000,
    });
    const client = s.client(ExportService, {
      authorization: `Bearer ${stale.token}`,
      'x-project-id': shop.id,
    });
    expect((await refusalOf(client.createProjectExport({ format: NDJSON }))).reason).toBe(
      'INSUFFICIENT_USER_AUTHENTICATION',
    );
    const done = await made(cast.alice, { format: NDJSON });
    const { export: seen } = await client.getExport({ exportId: done.id });
    expect(seen?.files.map(({ url }) => url)).toEqual(['', '', '', '']);
  });

  test('with a time that ends before it begins, without a format or a person', async () => {
    const now = timestampFromMs(at);
    const alice = exportsOf(cast.alice);
    const calls = [
      [alice.createProjectExport({ format: NDJSON, startTime: now, endTime: now }), 'end_time'],
      [alice.createProjectExport({}), 'format'],
      [alice.createProjectExport({ format: NDJSON, endTime: { seconds: 10n ** 15n, nanos: 0 } }), 'end_time'],
      [alice.createPersonExport({}), 'person'],
    ] as const;
    for (const [call, field] of calls) expect((await refusalOf(call)).fields).toEqual([field]);
  });

  test('while five wait or run, also to one of two that ask for the last place', async () => {
    const busy = await addOrganization(s, 'Busy');
    const project = await addProject(s, busy, 'Busy');
    const admin = await addMember(s, busy, { email: newEmail(), role: 'super_admin' });
    await s.database.query(
      `insert into data_export (org_id, id, project, subject, format, state, created_at)
       select $1, gen_random_uuid(), $2, 1, 1, 1, now() from generate_series(1, 4)`,
      [busy.id, project.number],
    );
    const client = exportsOf(admin, project);
    const ask = () => client.createProjectExport({ format: NDJSON });
    const outcomes = await Promise.allSettled([ask(), ask()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await refusalOf(ask())).toMatchObject({
      code: Code.ResourceExhausted,
      reason: 'TOO_MANY_EXPORTS',
    });
    const [first] = (await client.listExports({})).exports;
    await client.cancelExport({ exportId: first?.id });
    await client.cancelExport({ exportId: first?.id });
    await ask();
  });
});

describe('an export of another organization', () => {
  test('is neither found, listed nor cancelled, also from another project', async () => {
    const done = await made(cast.alice, { format: NDJSON });
    for (const client of [exportsOf(cast.mallory, cast.otherSite), exportsOf(cast.alice, cast.site)]) {
      const calls = [client.getExport({ exportId: done.id }), client.cancelExport({ exportId: done.id })];
      for (const refused of await refusalsOf(calls)) expect(refused.reason).toBe('EXPORT_NOT_FOUND');
      expect((await client.listExports({})).exports).toEqual([]);
    }
    expect((await ended(cast.alice, done.id)).files).toHaveLength(4);
  });
});

describe('an export of a project as NDJSON', () => {
  test('holds each stored event once, with the types of its properties', async () => {
    const done = await made(cast.alice, { format: NDJSON });
    expect(done).toMatchObject({
      subject: ExportSubject.PROJECT,
      eventsTotal: 301n,
      eventsWritten: 301n,
      error: '',
    });
    const lines = await linesOf(done, 'events.ndjson.gz');
    expect(lines).toHaveLength(301);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(301);
    const purchase = lines.find(({ id }) => id === anna.eventId);
    expect(purchase).toMatchObject({
      type: 'event',
      kind: 'purchase',
      time: '2026-11-02T10:20:30.456Z',
      distinctId: 'anna',
      sessionId: anna.sessionId,
      cookieless: false,
      bot: false,
      properties: {
        $url: 'https://shop.example/cart?utm_source=mail',
        $utmSource: 'mail',
        $osVersion: 17.5,
        $mobile: false,
        plan: '=1+1',
        seats: 7,
        account: '9007199254740993',
        ratio: 2,
        digits: '007',
        trial: true,
        due: '2026-11-02T10:20:30.456Z',
      },
      types: { account: 'integer', ratio: 'double', due: 'timestamp' },
    });
    expect(Object.entries(purchase?.['properties'] as object)).toContainEqual([
      '__proto__',
      'a name like any other',
    ]);
  });

  test('holds profiles with traits, and the ids that lead to them', async () => {
    const done = await made(cast.alice, { format: NDJSON });
    const [anna] = await linesOf(done, 'profiles.ndjson.gz');
    expect(anna).toMatchObject({
      type: 'profile',
      externalId: 'anna',
      traits: { plan: 'pro', seats: 3, address: { city: 'Malmö' }, tags: ['a', 'b'] },
    });
    const aliases = await linesOf(done, 'aliases.ndjson.gz');
    expect(aliases).toContainEqual(
      expect.objectContaining({ distinctId: 'anon-1', externalId: 'anna', certain: false }),
    );
  });

  test('holds the history of properties, without that of profiles that are deleted', async () => {
    const done = await made(cast.alice, { format: NDJSON });
    const changes = await linesOf(done, 'property-changes.ndjson.gz');
    expect(changes.map(({ property, value, cause }) => [property, value, cause])).toEqual([
      ['plan', 'pro', 'identify'],
      ['tags', ['a', 'b'], 'identify'],
      ['seats', 3, 'identify'],
      ['address', { city: 'Malmö' }, 'identify'],
    ]);
  });

  test('holds the events of a range of time only', async () => {
    const created = await exportsOf(cast.kiosk).createProjectExport({
      format: NDJSON,
      startTime: timestampFromMs(at - 9 * 86_400_000),
      endTime: timestampFromMs(at),
    });
    const done = await ended(cast.kiosk, created.export?.id);
    expect(await linesOf(done, 'events.ndjson.gz')).toHaveLength(9);
  });
});

describe('an export of a project as Parquet', () => {
  test('is read by DuckDB, with the same events', async () => {
    const done = await made(cast.alice, { format: PARQUET });
    expect(done.files.map(({ name, rows }) => [name, rows])).toEqual([
      ['events.parquet', 301n],
      ['profiles.parquet', 1n],
      ['aliases.parquet', expect.any(BigInt)],
      ['property-changes.parquet', 4n],
    ]);
    const path = join(folder, 'events.parquet');
    await writeFile(path, await bytesOf(done, 'events.parquet'));
    const connection = await (await DuckDBInstance.create()).connect();
    const answer = await connection.runAndReadAll(
      `select count(*)::int as events, count(distinct event_id)::int as ids,
              max(epoch_ms(occur_time))::varchar as last,
              any_value(json_extract(properties, '$.seats')::varchar) filter (kind = 'purchase') as seats,
              any_value(json_extract_string(properties, '$."$utmSource"')) filter (kind = 'purchase') as source
         from read_parquet('${path}')`,
    );
    expect(answer.getRowObjects()).toEqual([
      { events: 301, ids: 301, last: String(at), seats: '7', source: 'mail' },
    ]);
    connection.closeSync();
  });
});

describe('an export of a person', () => {
  test('holds the profile, every id, and all events under those ids, and no others', async () => {
    const created = await exportsOf(cast.alice).createPersonExport({ person: 'anon-1' });
    const done = await ended(cast.alice, created.export?.id);
    const lines = await linesOf(done, 'person.ndjson');
    const types = lines.map(({ type }) => type);
    expect(types[0]).toBe('profile');
    expect(types.filter((type) => type === 'event')).toHaveLength(101);
    expect(types.filter((type) => type === 'propertyChange')).toHaveLength(4);
    expect(new Set(lines.filter(({ type }) => type === 'event').map(({ distinctId }) => distinctId))).toEqual(
      new Set(['anna', 'anon-1']),
    );
  });

  test('of a person who is unknown is empty, and says nothing of others', async () => {
    const created = await exportsOf(cast.alice).createPersonExport({ person: 'mallory’s person' });
    const done = await ended(cast.alice, created.export?.id);
    expect(await linesOf(done, 'person.ndjson')).toEqual([]);
  });

  test('does not keep whose data it was without the file, nor in the trail', async () => {
    const created = await exportsOf(cast.alice).createPersonExport({ person: 'anon-1' });
    const done = await ended(cast.alice, created.export?.id);
    const person = async () =>
      s.database.query<{ person: string | null }>(
        'select distinct_id as person from data_export where id = $1',
        [done.id],
      );
    expect(await person()).toEqual([{ person: 'anon-1' }]);
    await exportsOf(cast.alice).cancelExport({ exportId: done.id });
    expect(await person()).toEqual([{ person: null }]);
    const trail = await s.database.query<{ metadata: unknown }>(
      `select metadata from audit_event where event_type = 'ANALYTICS_EXPORT_REQUESTED'`,
    );
    expect(JSON.stringify(trail)).not.toContain('anon-1');
    expect(trail.length).toBeGreaterThan(5);
  });
});

describe('the files of an export', () => {
  test('are deleted when it is cancelled, and after a week', async () => {
    const first = await made(cast.alice, { format: NDJSON });
    const second = await made(cast.alice, { format: NDJSON });
    const asked = await exportsOf(cast.alice).createPersonExport({ person: 'anon-1' });
    const ofPerson = await ended(cast.alice, asked.export?.id);
    await exportsOf(cast.alice).cancelExport({ exportId: first.id });
    const isGone = async (from: Export) =>
      eventually('the file is deleted', async () => {
        const url = from.files[0]?.url ?? '';
        return (await fetch(s.url + new URL(url).pathname)).status === 404;
      });
    await isGone(first);
    await s.travel(8 * 86_400_000);
    await isGone(second);
    await eventually('the record names no file', async () => {
      const text = `select from data_export where id = any ($1) and files = '[]' and distinct_id is null`;
      return (await s.database.query(text, [[second.id, ofPerson.id]])).length === 2;
    });
  });
});
