import type { JsonObject } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ProfileService } from '@dovecote/contract/dovecote/profile/v1/profile_pb';
import { ProfilesService as DocumentedProfilesService } from '@dovecote/contract/profiles/v1/profiles_pb';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { ProfilesService } from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import { v7 as uuid } from 'uuid';
import type { AnalyticsStore } from '../../src/platform/analytics-store/index.js';
import { openStore } from '../support/analytics-events.js';
import { addProject, type Cast, inProject, seedCast, type TestProject } from '../support/cast.js';
import { addViewer } from '../support/dashboards.js';
import { eventually } from '../support/eventually.js';
import { allMirrored, storeEvents } from '../support/people.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let store: AnalyticsStore;
let stop: () => Promise<void>;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  cast = await seedCast(s);
  if (!s.analytics) throw new Error('The server has an analytics store.');
  ({ store, stop } = openStore(s.analytics));
});
afterAll(async () => {
  await stop?.();
  await s?.stop();
});

const merges = (project = cast.site) => project.keys.shared.client(ProfileService);
const people = (project = cast.site) => project.keys.private.client(ProfilesService);
const sdk = (project = cast.site) => project.keys.sdk.client(ProfilesSDKService);

async function identify(externalId: string, traits: JsonObject = {}, anonymousId = ''): Promise<string> {
  return (await sdk().identify({ externalId, traits, anonymousId })).profileId;
}

async function merge(profileId: string, intoProfileId: string): Promise<string> {
  return (await merges().mergeProfiles({ profileId, intoProfileId })).merge?.id ?? '';
}

const undo = (mergeId: string) => merges().undoMerge({ mergeId });

/** The profile to which an id leads, and its properties. */
async function read(id: string): Promise<{ id?: string; properties?: JsonObject }> {
  const { profile } = await people().get({ id });
  return { id: profile?.id, properties: profile?.properties };
}

const reasonsOf = async (calls: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected').length;

describe('a call is refused', () => {
  test.each(['public', 'sdk'] as const)('with a %s key, which only writes', async (family) => {
    await identify('r1');
    await identify('r2');
    const client = cast.site.keys[family].client(ProfileService);
    const calls = [
      client.mergeProfiles({ profileId: 'r1', intoProfileId: 'r2' }),
      client.undoMerge({ mergeId: uuid() }),
      client.listMerges({ profileId: 'r1' }),
    ];
    for (const { code } of await refusalsOf(calls)) expect(code).toBe(Code.PermissionDenied);
  });

  test('to members without the permission, and to those of another organization', async () => {
    const mergeId = await merge(await identify('r3'), await identify('r4'));
    for (const actor of [cast.erin, cast.mallory]) {
      const client = inProject(actor, cast.site, ProfileService);
      const calls = [
        client.mergeProfiles({ profileId: 'r1', intoProfileId: 'r3' }),
        client.undoMerge({ mergeId }),
        client.listMerges({ profileId: 'r3' }),
      ];
      for (const { code } of await refusalsOf(calls))
        expect([Code.PermissionDenied, Code.Unauthenticated, Code.NotFound]).toContain(code);
    }
  });

  test('to a viewer, who sees them', async () => {
    const client = inProject(await addViewer(s, cast), cast.site, ProfileService);
    const into = await identify('v2');
    const mergeId = await merge(await identify('v1'), into);
    const calls = [
      client.mergeProfiles({ profileId: 'v2', intoProfileId: await identify('v3') }),
      client.undoMerge({ mergeId }),
    ];
    for (const refusal of await refusalsOf(calls))
      expect(refusal).toMatchObject({ code: Code.PermissionDenied, reason: 'PERMISSION_MISSING' });
    expect((await client.listMerges({ profileId: 'v1' })).merges.map(({ id }) => id)).toEqual([mergeId]);
    expect((await read('v1')).id).toBe(into);
  });

  test('for profiles and merges of another project', async () => {
    await sdk(cast.otherSite).identify({ externalId: 'theirs' });
    const own = await identify('r5');
    const mergeId = await merge('r5', await identify('r6'));
    const sibling = await addProject(s, cast.acme, 'Sibling');
    const found = { code: Code.NotFound, reason: 'PROFILE_NOT_FOUND' };
    const calls = [
      merges().mergeProfiles({ profileId: 'theirs', intoProfileId: 'r6' }),
      merges().mergeProfiles({ profileId: 'r6', intoProfileId: 'theirs' }),
      merges(cast.otherSite).mergeProfiles({ profileId: own, intoProfileId: 'theirs' }),
      merges(cast.otherSite).listMerges({ profileId: own }),
      merges(sibling).listMerges({ profileId: own }),
    ];
    for (const refusal of await refusalsOf(calls)) expect(refusal).toMatchObject(found);
    for (const project of [cast.otherSite, sibling])
      expect(await refusalOf(merges(project).undoMerge({ mergeId }))).toMatchObject({
        code: Code.NotFound,
        reason: 'MERGE_NOT_FOUND',
      });
  });

  test('without ids, and with malformed ones', async () => {
    const calls: [Promise<unknown>, string][] = [
      [merges().mergeProfiles({ intoProfileId: 'r1' }), 'profile_id'],
      [merges().mergeProfiles({ profileId: 'r1' }), 'into_profile_id'],
      [merges().undoMerge({ mergeId: 'x' }), 'merge_id'],
      [merges().listMerges({ profileId: 'x'.repeat(513) }), 'profile_id'],
    ];
    for (const [call, field] of calls)
      expect(await refusalOf(call)).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
  });

  test('of a hidden or an erased profile, and undoes nothing for them', async () => {
    await identify('h1', { secret: 1 });
    await identify('h2');
    await identify('h3');
    const mergeId = await merge('h1', 'h2');
    const { profile } = await people().get({ id: 'h2' });
    await people().delete({ id: profile?.id });
    for (const [profileId, intoProfileId] of [
      ['h1', 'h3'],
      ['h3', 'h2'],
    ])
      expect(await refusalOf(merges().mergeProfiles({ profileId, intoProfileId }))).toMatchObject({
        reason: 'PROFILE_NOT_FOUND',
      });
    // An erasure leaves no merge behind.
    const erased = await refusalOf(undo(mergeId));
    expect(['PROFILE_DELETED', 'MERGE_NOT_FOUND']).toContain(erased.reason);
    await eventually('nothing of the merge is left', async () => {
      const rows = await s.database.query('select from profile_merge where id = $1', [mergeId]);
      return rows.length === 0;
    });
    expect((await refusalOf(undo(mergeId))).reason).toBe('MERGE_NOT_FOUND');
    expect((await refusalOf(people().get({ id: 'h1' }))).reason).toBe('PROFILE_NOT_FOUND');
  });

  test('for one profile with two ids', async () => {
    await identify('o1', {}, 'anon-o1');
    expect(await refusalOf(merge('anon-o1', 'o1'))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'PROFILES_ARE_ONE',
    });
  });

  test('for more properties than a profile may have, and changes nothing', async () => {
    const heavy = (prefix: string): JsonObject =>
      Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`${prefix}${n}`, 'x'.repeat(300)]));
    const big = await identify('b1');
    for (const n of ['x', 'y', 'z']) {
      await identify('b1', heavy(`a${n}`));
      await identify('b2', heavy(`b${n}`));
    }
    expect(await refusalOf(merge('b1', 'b2'))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'PROFILE_TOO_LARGE',
    });
    expect((await read('b1')).id).toBe(big);
  });
});

describe('at once', () => {
  test('A into B and B into A: one is done, the other is refused', async () => {
    for (let n = 0; n < 5; n += 1) {
      const ids = [await identify(`c${n}a`, { a: 1 }), await identify(`c${n}b`, { b: 2 })] as const;
      expect(await reasonsOf([merge(ids[0], ids[1]), merge(ids[1], ids[0])])).toBe(1);
      expect((await read(ids[0])).id).toBe((await read(ids[1])).id);
      expect((await read(ids[0])).properties).toEqual({ a: 1, b: 2 });
    }
  });

  test('two who undo: one is refused', async () => {
    await identify('u1', { a: 1 });
    await identify('u2', { b: 2 });
    const mergeId = await merge('u1', 'u2');
    const refused = await Promise.allSettled(Array.from({ length: 4 }, () => undo(mergeId)));
    expect(refused.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await refusalOf(undo(mergeId))).toMatchObject({
      code: Code.FailedPrecondition,
      reason: 'MERGE_UNDONE',
    });
    expect((await read('u2')).properties).toEqual({ b: 2 });
  });

  test('identify while it is undone: what was told is with the one whose id told it', async () => {
    for (let n = 0; n < 5; n += 1) {
      await identify(`w${n}a`);
      await identify(`w${n}b`);
      const mergeId = await merge(`w${n}a`, `w${n}b`);
      await Promise.all([
        undo(mergeId),
        ...Array.from({ length: 6 }, (_, m) => identify(`w${n}a`, { [`t${m}`]: m })),
      ]);
      expect((await read(`w${n}a`)).properties).toEqual({ t0: 0, t1: 1, t2: 2, t3: 3, t4: 4, t5: 5 });
      expect((await read(`w${n}b`)).properties).toEqual({});
    }
  });
});

describe('a merge', () => {
  test('leads all ids to the one that stays, whose properties win, and is undone with what each got since', async () => {
    const a = await identify('m1', { plan: 'free', city: 'Oslo', both: 1 }, 'anon-m1');
    const b = await identify('m2', { plan: 'gold', age: 7, both: 1 }, 'anon-m2');
    const mergeId = await merge('anon-m1', b);
    const joined = { plan: 'gold', city: 'Oslo', age: 7, both: 1 };
    for (const id of [a, b, 'm1', 'm2', 'anon-m1', 'anon-m2'])
      expect(await read(id)).toEqual({ id: b, properties: joined });
    // Each is told something by its own id, which also covers what the other had.
    await identify('m1', { plan: 'team', since: 'a', both: 1 }, 'anon-late');
    await identify('m2', { age: 8 }, 'anon-later');
    expect((await read(b)).properties).toEqual({ ...joined, plan: 'team', since: 'a', age: 8 });
    await undo(mergeId);
    const first = { id: a, properties: { plan: 'team', city: 'Oslo', both: 1, since: 'a' } };
    for (const id of [a, 'm1', 'anon-m1', 'anon-late']) expect(await read(id)).toEqual(first);
    const second = { id: b, properties: { plan: 'gold', age: 8, both: 1 } };
    for (const id of [b, 'm2', 'anon-m2', 'anon-later']) expect(await read(id)).toEqual(second);
    // They stay two, and can be merged the other way round.
    await identify('m1', { last: 1 });
    expect((await read(b)).properties).toEqual(second.properties);
    await undo(await merge(b, a));
    expect((await read(a)).properties).toEqual({ ...first.properties, last: 1 });
    expect(await read(b)).toEqual(second);
  });

  test('hides the merged one alone: no list has it, and all its ids lead to the one that stays', async () => {
    const project = await addProject(s, cast.acme, 'Hidden');
    const { profileId: a } = await sdk(project).identify({
      externalId: 'n1',
      traits: { plan: 'free', only: 'a' },
    });
    const { profileId: b } = await sdk(project).identify({ externalId: 'n2', traits: { plan: 'gold' } });
    await sdk(project).identify({ externalId: 'n1', traits: {}, anonymousId: 'anon-n1' });
    await sdk(cast.otherSite).identify({ externalId: 'n1', traits: { only: 'a' } });
    const documented = project.keys.shared.client(DocumentedProfilesService);
    const listed = async () => {
      await allMirrored(s);
      const shared: string[] = [];
      for await (const { profiles } of people(project).list({})) shared.push(...profiles.map(({ id }) => id));
      const { profiles, total } = await documented.list({ limit: 10 });
      expect(total).toBe(shared.length);
      expect(profiles.map(({ id }) => id).sort()).toEqual([...shared].sort());
      return shared.sort();
    };
    expect(await listed()).toEqual([a, b].sort());
    const { merge: made } = await merges(project).mergeProfiles({ profileId: a, intoProfileId: b });
    expect(await listed()).toEqual([b]);
    for (const id of [a, 'n1', 'anon-n1', b, 'n2'])
      expect((await people(project).get({ id })).profile).toMatchObject({ id: b, externalId: 'n2' });
    expect((await people(project).getByExternalId({ externalId: 'n1' })).profile?.id).toBe(b);
    expect((await documented.get({ externalId: 'n1' })).profile?.id).toBe(b);
    const rows = await s.database.query('select deleted_at from profile where id = $1', [a]);
    expect(rows).toEqual([{ deleted_at: null }]);
    await merges(project).undoMerge({ mergeId: made?.id });
    expect(await listed()).toEqual([a, b].sort());
    expect((await people(project).get({ id: 'anon-n1' })).profile?.id).toBe(a);
  });

  test('keeps with the merged one what the other knew before', async () => {
    await identify('k1');
    await identify('k2', { plan: 'gold' });
    const mergeId = await merge('k1', 'k2');
    await identify('k1', { plan: 'gold' });
    await undo(mergeId);
    expect((await read('k1')).properties).toEqual({ plan: 'gold' });
    expect((await read('k2')).properties).toEqual({ plan: 'gold' });
  });

  test('keeps with the one that stays what it was told although the merged one had it', async () => {
    await identify('n1', { plan: 'gold' });
    await identify('n2');
    const mergeId = await merge('n1', 'n2');
    await identify('n2', { plan: 'gold' });
    await undo(mergeId);
    expect((await read('n1')).properties).toEqual({ plan: 'gold' });
    expect((await read('n2')).properties).toEqual({ plan: 'gold' });
  });

  test('of a chain is undone in any order', async () => {
    const [a, b, c] = [
      await identify('x1', { a: 1, name: 'a' }),
      await identify('x2', { b: 1, name: 'b' }),
      await identify('x3', { c: 1 }),
    ];
    const lower = await merge(a, b);
    const upper = await merge(b, c);
    expect(await read('x1')).toEqual({ id: c, properties: { a: 1, b: 1, c: 1, name: 'b' } });
    await identify('x1', { told: 'a' });
    // The lower first: it leaves the chain.
    await undo(lower);
    expect(await read('x1')).toEqual({ id: a, properties: { a: 1, name: 'a', told: 'a' } });
    for (const id of ['x2', 'x3'])
      expect(await read(id)).toEqual({ id: c, properties: { b: 1, c: 1, name: 'b' } });
    await undo(upper);
    expect(await read('x2')).toEqual({ id: b, properties: { b: 1, name: 'b' } });
    expect(await read('x3')).toEqual({ id: c, properties: { c: 1 } });
    // The upper first: what is below goes with it.
    const again = await merge(a, b);
    const above = await merge(b, c);
    await undo(above);
    for (const id of ['x1', 'x2'])
      expect(await read(id)).toEqual({ id: b, properties: { a: 1, b: 1, name: 'b', told: 'a' } });
    await undo(again);
    expect(await read('x2')).toEqual({ id: b, properties: { b: 1, name: 'b' } });
    const { merges: listed } = await merges().listMerges({ profileId: 'x2' });
    expect(listed.map(({ id, undoTime }) => [id, undoTime !== undefined])).toEqual([
      [above, true],
      [again, true],
      [upper, true],
      [lower, true],
    ]);
  });

  test('by Alias is listed and undone, too', async () => {
    const a = await identify('l1', { plan: 'free', a: 1 });
    const b = await identify('l2', { plan: 'gold' });
    await sdk().alias({ previousId: 'l1', externalId: 'l2' });
    const { merges: listed } = await merges().listMerges({ profileId: 'l1' });
    expect(listed).toMatchObject([{ profileId: a, intoProfileId: b }]);
    await undo(listed[0]?.id ?? '');
    expect(await read('l1')).toEqual({ id: a, properties: { plan: 'free', a: 1 } });
    expect(await read('l2')).toEqual({ id: b, properties: { plan: 'gold' } });
  });

  test('and its undoing are seen by questions, and recorded', async () => {
    const project = cast.site;
    const a = await identify('q1', {}, 'anon-q1');
    const b = await identify('q2');
    await storeEvents(store, project.number, [
      { id: 'anon-q1', at: '01 10:00' },
      { id: 'q2', at: '02 10:00' },
    ]);
    const listed = async () => {
      await allMirrored(s);
      const all: [string, number][] = [];
      for await (const { profiles } of people().list({}))
        for (const { id, activity } of profiles)
          if ([a, b].includes(id)) all.push([id, Number(activity?.totalEvents ?? 0)]);
      return all.sort();
    };
    const apart = await listed();
    expect(apart).toHaveLength(2);
    const mergeId = await merge(a, b);
    const joined = await listed();
    expect(joined).toEqual([[b, 2]]);
    await undo(mergeId);
    expect(await listed()).toEqual(apart);
    await expectRecorded(project, mergeId);
  });

  test('goes with its project', async () => {
    const shop = await addProject(s, cast.acme, 'Shop');
    const { profileId: a } = await sdk(shop).identify({ externalId: 'a' });
    const { profileId: b } = await sdk(shop).identify({ externalId: 'b' });
    await merges(shop).mergeProfiles({ profileId: a, intoProfileId: b });
    await s.database.query('delete from project where number = $1', [shop.number]);
    expect(await s.database.query('select from profile_merge where profile_id = $1', [a])).toEqual([]);
  });
});

async function expectRecorded({ id }: TestProject, mergeId: string): Promise<void> {
  const rows = await s.database.query<{ metadata: JsonObject }>(
    'select metadata from audit_event where entity_id = $1',
    [mergeId],
  );
  expect(rows).toHaveLength(2);
  for (const { metadata } of rows) expect(metadata).toMatchObject({ project_id: id });
}
