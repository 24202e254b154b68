import type { JsonObject } from '@bufbuild/protobuf';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ProfileService } from '@dovecote/contract/dovecote/profile/v1/profile_pb';
import { ImportService, ImportSource } from '@dovecote/contract/dovecote/transfer/v1/import_pb';
import { Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { ProfilesService } from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import { PurgePropertyChanges } from '../../src/modules/analytics/profile/purge-property-changes.job.js';
import { addApiKey, addProject, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { imported, ndjson } from '../support/imports.js';
import { historyOf, told } from '../support/property-history.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

jest.setTimeout(120_000);

const DAY_MS = 86_400_000;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const profiles = (project = cast.site) => project.keys.shared.client(ProfileService);
const people = (project = cast.site) => project.keys.private.client(ProfilesService);
const sdk = (project = cast.site) => project.keys.sdk.client(ProfilesSDKService);

async function identify(externalId: string, traits: JsonObject = {}, project = cast.site): Promise<string> {
  return (await sdk(project).identify({ externalId, traits })).profileId;
}

async function merge(profileId: string, intoProfileId: string): Promise<string> {
  return (await profiles().mergeProfiles({ profileId, intoProfileId })).merge?.id ?? '';
}

const toldOf = async (profileId: string, property = '') =>
  (await historyOf(profiles(), profileId, property)).map(told);

const rowsOf = (profileId: string) =>
  s.database.query('select from property_change where profile_id = $1', [profileId]);

describe('a history is refused', () => {
  test('to keys that only write, members without the permission, and other organizations', async () => {
    await identify('r1', { plan: 'pro' });
    const strangers = [cast.erin, cast.mallory].map((who) =>
      s.client(ProfileService, { ...who.headers, 'x-project-id': cast.site.id }),
    );
    const writers = (['public', 'sdk'] as const).map((family) =>
      cast.site.keys[family].client(ProfileService),
    );
    const ask = { profileId: 'r1' };
    for (const { code } of await refusalsOf(writers.map((client) => client.getPropertyHistory(ask))))
      expect(code).toBe(Code.PermissionDenied);
    for (const { code } of await refusalsOf(strangers.map((client) => client.getPropertyHistory(ask))))
      expect([Code.PermissionDenied, Code.Unauthenticated, Code.NotFound]).toContain(code);
  });

  test('of profiles that are of another project, hidden or unknown', async () => {
    await identify('theirs', { plan: 'pro' }, cast.otherSite);
    const own = await identify('r2', { plan: 'pro' });
    const sibling = await addProject(s, cast.acme, 'Sibling');
    const calls = [
      profiles().getPropertyHistory({ profileId: 'theirs' }),
      profiles(cast.otherSite).getPropertyHistory({ profileId: own }),
      profiles(sibling).getPropertyHistory({ profileId: own }),
      profiles().getPropertyHistory({ profileId: 'unknown' }),
    ];
    for (const refusal of await refusalsOf(calls))
      expect(refusal).toMatchObject({ code: Code.NotFound, reason: 'PROFILE_NOT_FOUND' });
    await people().delete({ id: own });
    expect((await refusalOf(profiles().getPropertyHistory({ profileId: 'r2' }))).reason).toBe(
      'PROFILE_NOT_FOUND',
    );
  });

  test('for a reversed range, and what is no id, size or token', async () => {
    const [at, later] = [new Date(), new Date(Date.now() + 1)].map(timestampFromDate);
    const wrong: [object, string][] = [
      [{ profileId: '' }, 'profile_id'],
      [{ profileId: 'x'.repeat(513) }, 'profile_id'],
      [{ property: 'x'.repeat(513) }, 'property'],
      [{ pageSize: -1 }, 'page_size'],
      [{ startTime: later, endTime: at }, 'end_time'],
      [{ startTime: at, endTime: at }, 'end_time'],
      [{ pageToken: 'x' }, 'page_token'],
    ];
    for (const [request, field] of wrong)
      expect(await refusalOf(profiles().getPropertyHistory({ profileId: 'r1', ...request }))).toMatchObject({
        code: Code.InvalidArgument,
        fields: [field],
      });
  });

  test('behind a page of another profile, property or project', async () => {
    await identify('r3', { a: 1, b: 2 });
    await identify('r4', { a: 1, b: 2 });
    const ask = { profileId: 'r3', pageSize: 1 };
    const { nextPageToken: pageToken } = await profiles().getPropertyHistory(ask);
    await identify('r3', { a: 1, b: 2 }, cast.otherSite);
    const calls = [
      profiles().getPropertyHistory({ ...ask, profileId: 'r4', pageToken }),
      profiles().getPropertyHistory({ ...ask, property: 'a', pageToken }),
      profiles(cast.otherSite).getPropertyHistory({ ...ask, pageToken }),
    ];
    for (const { reason } of await refusalsOf(calls)) expect(reason).toBe('INVALID_PAGE_TOKEN');
    expect((await profiles().getPropertyHistory({ ...ask, pageToken })).changes).toHaveLength(1);
  });
});

describe('a history', () => {
  test('tells each value that Identify has set, the newest first, to everybody who may read', async () => {
    const before = Date.now() - 1_000;
    const id = await identify('h1', { plan: 'free', seats: 3 });
    await identify('h1', { plan: 'free', seats: 4 });
    await identify('h1', { plan: null, tags: ['a', { b: 1 }] });
    // Neither changes anything.
    await identify('h1', { plan: null });
    await sdk().identify({ externalId: 'h1', anonymousId: 'anon-h1', traits: { seats: 4 } });
    const told = [
      ['plan', null, 'IDENTIFY'],
      ['tags', ['a', { b: 1 }], 'IDENTIFY'],
      ['seats', 4, 'IDENTIFY'],
    ];
    const listed = await toldOf('h1');
    expect(listed.slice(0, 3)).toEqual(expect.arrayContaining(told));
    expect(listed[2]).toEqual(told[2]);
    expect(listed).toHaveLength(5);
    for (const name of [id, 'anon-h1']) expect(await toldOf(name)).toEqual(listed);
    const viewer = await addApiKey(s, cast.acme, [Permission.ANALYTICS_READ]);
    const readers = [
      cast.alice.client(ProfileService, { 'x-project-id': cast.site.id }),
      s.client(ProfileService, { ...viewer.headers, 'x-project-id': cast.site.id }),
      cast.site.keys.private.client(ProfileService),
    ];
    for (const reader of readers) {
      const { changes } = await reader.getPropertyHistory({ profileId: 'h1', property: 'plan' });
      expect(changes).toMatchObject([
        { profileId: id, property: 'plan', mergeId: '', importId: '', omittedBytes: 0 },
        { value: { kind: { case: 'stringValue', value: 'free' } } },
      ]);
      for (const { changeTime } of changes)
        expect(changeTime && timestampDate(changeTime).getTime()).toBeGreaterThan(before);
    }
  });

  test('is told for a range, and page by page while it grows', async () => {
    await identify('p1', { n: 0 });
    await s.travel(DAY_MS);
    const noon = new Date((await now()).getTime() - DAY_MS / 2);
    for (let n = 1; n <= 6; n += 1) await identify('p1', { n });
    const ranges = [
      { endTime: timestampFromDate(noon), count: 1 },
      { startTime: timestampFromDate(noon), count: 6 },
    ];
    for (const { count, ...range } of ranges)
      expect((await profiles().getPropertyHistory({ profileId: 'p1', ...range })).changes).toHaveLength(
        count,
      );
    const first = await profiles().getPropertyHistory({ profileId: 'p1', pageSize: 3 });
    await identify('p1', { n: 7 });
    const { nextPageToken: pageToken } = first;
    const rest = await profiles().getPropertyHistory({ profileId: 'p1', pageSize: 200, pageToken });
    expect([...first.changes, ...rest.changes].map((change) => told(change)[1])).toEqual([
      ...[6, 5, 4, 3, 2, 1, 0],
    ]);
    expect(rest.nextPageToken).toBe('');
  });

  test('has the size of a large value only, and the last changes of a property', async () => {
    const id = await identify('l1', { large: 'x'.repeat(1_024), many: 0 });
    await identify('l1', { large: Array.from({ length: 30 }, () => 'y'.repeat(100)) });
    for (let n = 1; n <= 125; n += 1) await identify('l1', { many: n });
    const [large, small] = await historyOf(profiles(), 'l1', 'large');
    expect(large?.value).toBeUndefined();
    expect(large?.omittedBytes).toBeGreaterThan(3_000);
    expect(small?.omittedBytes).toBe(0);
    const many = await toldOf('l1', 'many');
    expect(many.map(([, value]) => value).slice(0, 100)).toEqual(
      Array.from({ length: 100 }, (_, n) => 125 - n),
    );
    expect((await rowsOf(id)).length).toBeLessThanOrEqual(122);
  });

  test('of a profile with endless names has an end', async () => {
    const id = await identify('l2');
    for (let call = 0; call < 12; call += 1)
      await identify('l2', Object.fromEntries(Array.from({ length: 250 }, (_, n) => [`p${n}`, call])));
    const rows = await rowsOf(id);
    expect(rows.length).toBeGreaterThanOrEqual(2_000);
    expect(rows.length).toBeLessThanOrEqual(2_450);
  });

  test('names the import that has set a value, and keeps long names out', async () => {
    const imports = cast.alice.client(ImportService, { 'x-project-id': cast.site.id });
    const file = ndjson([
      { type: 'profile', externalId: 'i1', traits: { plan: 'gold', ['n'.repeat(3_000)]: 1 } },
      { type: 'profile', externalId: 'i1', traits: { plan: 'gold' } },
    ]);
    const { id: importId } = await imported(imports, file, { source: ImportSource.DOVECOTE_NDJSON });
    const { changes } = await profiles().getPropertyHistory({ profileId: 'i1' });
    expect(changes).toMatchObject([{ property: 'plan', importId, mergeId: '' }]);
    expect(changes.map(told)).toEqual([['plan', 'gold', 'IMPORT']]);
    // Undoing an import leaves persons as they are.
    await imports.undoImport({ importId });
    expect(await toldOf('i1')).toEqual([['plan', 'gold', 'IMPORT']]);
  });

  test('of an import is of traits as calls store them: without addresses, in characters that PostgreSQL has', async () => {
    const imports = cast.alice.client(ImportService, { 'x-project-id': cast.site.id });
    const traits = { note: 'a\0b\ud800', $ip: '192.0.2.1' };
    const file = ndjson([{ type: 'profile', externalId: 'i2', traits }]);
    await imported(imports, file, { source: ImportSource.DOVECOTE_NDJSON });
    const note = 'a\ufffdb\ufffd';
    expect(await toldOf('i2')).toEqual([['note', note, 'IMPORT']]);
    expect(await people().get({ id: 'i2' })).toMatchObject({ profile: { properties: { note } } });
  });
});

describe('a merge', () => {
  test('shows both histories and what it changed; its undoing gives each its own back', async () => {
    const a = await identify('m1', { plan: 'free', city: 'Oslo', both: 1 });
    const b = await identify('m2', { plan: 'gold', both: 1 });
    const own = [await toldOf(a), await toldOf(b)];
    const mergeId = await merge(a, b);
    const joined = await historyOf(profiles(), 'm1');
    expect(joined.slice(0, 2).map(told).sort()).toEqual([
      ['city', 'Oslo', 'MERGE'],
      ['plan', 'gold', 'MERGE'],
    ]);
    expect(
      joined
        .slice(0, 2)
        .map((change) => [change.property, change.mergeId, change.profileId])
        .sort(),
    ).toEqual([
      ['city', mergeId, a],
      ['plan', mergeId, b],
    ]);
    expect(joined.slice(2).map(told)).toEqual([...(own[1] ?? []), ...(own[0] ?? [])]);
    // Each is told something by its own id.
    await identify('m1', { plan: 'team', since: 'a' });
    await identify('m2', { age: 8 });
    expect(await historyOf(profiles(), 'm2')).toEqual(await historyOf(profiles(), 'm1'));
    await profiles().undoMerge({ mergeId });
    const first = await toldOf(a);
    expect(first.slice(0, 2).sort()).toEqual([
      ['plan', 'team', 'IDENTIFY'],
      ['since', 'a', 'IDENTIFY'],
    ]);
    expect(first.slice(2)).toEqual(own[0]);
    expect(await toldOf(b)).toEqual([['age', 8, 'IDENTIFY'], ...(own[1] ?? [])]);
  });

  test('of a third in between: an undoing notes which value is there again', async () => {
    await identify('u1', { plan: 'own' });
    await merge(await identify('u2'), 'u1');
    const mergeId = await merge(await identify('u3'), 'u1');
    await identify('u2', { plan: 'second' });
    await identify('u3', { plan: 'third' });
    await profiles().undoMerge({ mergeId });
    expect(await people().get({ id: 'u1' })).toMatchObject({ profile: { properties: { plan: 'own' } } });
    const [newest, ...rest] = await historyOf(profiles(), 'u1', 'plan');
    expect(newest && [...told(newest), newest.mergeId]).toEqual(['plan', 'own', 'UNDO_MERGE', mergeId]);
    expect(rest.map(told)).toEqual([
      ['plan', 'second', 'IDENTIFY'],
      ['plan', 'own', 'IDENTIFY'],
    ]);
  });

  test('by Alias is a merge, too', async () => {
    await identify('v1', { a: 1 });
    await identify('v2', { b: 2 });
    await sdk().alias({ previousId: 'v1', externalId: 'v2' });
    const { merges } = await profiles().listMerges({ profileId: 'v2' });
    const [newest] = await historyOf(profiles(), 'v2');
    expect(newest && [...told(newest), newest.mergeId]).toEqual(['a', 1, 'MERGE', merges[0]?.id]);
  });

  test('of chains: what was parted leaves nothing with those that it went through, also once it is erased', async () => {
    const a = await identify('c1', { secret: 'of a' });
    const b = await identify('c2', { name: 'b' });
    const c = await identify('c3', { name: 'c' });
    const lower = await merge(a, b);
    await merge(b, c);
    expect(await toldOf(c, 'secret')).toHaveLength(3);
    await profiles().undoMerge({ mergeId: lower });
    expect(await toldOf(c, 'secret')).toEqual([]);
    expect(await toldOf(a)).toEqual([['secret', 'of a', 'IDENTIFY']]);
    await people().deleteDataSubject({ externalId: 'c1' });
    await eventually('nothing of the person is left', async () => {
      const rows = await s.database.query(`select from property_change where value = '"of a"'`);
      return rows.length === 0;
    });
    expect(await toldOf(c, 'name')).toHaveLength(3);
  });
});

describe('what is no longer kept', () => {
  test('goes with an erasure of all that is part of the person', async () => {
    const a = await identify('e1', { a: 1 });
    const b = await identify('e2', { b: 1 });
    await merge(a, b);
    await people().deleteDataSubject({ externalId: 'e2' });
    expect((await refusalOf(profiles().getPropertyHistory({ profileId: a }))).code).toBe(Code.NotFound);
    await eventually(
      'nothing is left of either history',
      async () => [...(await rowsOf(a)), ...(await rowsOf(b))].length === 0,
    );
    // The application knows the person again: a new history.
    await identify('e2', { c: 1 });
    expect(await toldOf('e2')).toEqual([['c', 1, 'IDENTIFY']]);
  });

  test('is hidden by the retention of the project at once, and deleted each night', async () => {
    const shop = await addProject(s, cast.acme, 'Shop');
    const id = await identify('t1', { n: 1 }, shop);
    const other = await identify('t1', { n: 1 });
    await s.travel(40 * DAY_MS);
    await identify('t1', { n: 2 }, shop);
    await s.database.query('update project set retention_days = 30 where number = $1', [shop.number]);
    await eventually(
      'the retention is known',
      async () => {
        const { changes } = await profiles(shop).getPropertyHistory({ profileId: 't1' });
        return changes.length === 1 && told(changes[0]!)[1] === 2;
      },
      40_000,
    );
    expect(await rowsOf(id)).toHaveLength(2);
    const { signal } = new AbortController();
    await s.server.app.get(PurgePropertyChanges, { strict: false }).handle({}, { signal });
    expect(await rowsOf(id)).toHaveLength(1);
    expect(await rowsOf(other)).toHaveLength(1);
  });

  test('goes with its project', async () => {
    const gone = await addProject(s, cast.acme, 'Gone');
    const id = await identify('g1', { n: 1 }, gone);
    await s.database.query('delete from project where number = $1', [gone.number]);
    expect(await rowsOf(id)).toEqual([]);
  });
});

async function now(): Promise<Date> {
  await identify('clock', { at: Math.random() });
  const [change] = await historyOf(profiles(), 'clock', 'at');
  if (!change?.changeTime) throw new Error('The change has no time.');
  return timestampDate(change.changeTime);
}
