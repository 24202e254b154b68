import { Code } from '@connectrpc/connect';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ProfilesService } from '@dovecote/contract/profiles/v1/profiles_pb';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { openStore } from '../support/analytics-events.js';
import { type Cast, seedCast, type TestProject } from '../support/cast.js';
import { allMirrored, storeEvents, timeOf } from '../support/people.js';
import { refusalOf, refusalsOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let ann: string;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  cast = await seedCast(s);
  if (!s.analytics) throw new Error('The server has an analytics store.');
  const { store, stop } = openStore(s.analytics);
  const identify = (
    project: TestProject,
    externalId: string,
    traits: Record<string, string>,
    anonymousId = '',
  ) => project.keys.sdk.client(ProfilesSDKService).identify({ externalId, traits, anonymousId });
  ({ profileId: ann } = await identify(
    cast.site,
    'ann',
    { email: 'Ann@Example.com', plan: 'pro' },
    'anon-1',
  ));
  await identify(cast.site, 'bea', { email: 'bea@example.com', plan: 'free' });
  await identify(cast.site, 'cyd', { plan: 'pro' });
  await identify(cast.site, 'plan:pro', {});
  await identify(cast.otherSite, 'ann', { plan: 'pro', email: 'ann@example.com' });
  await storeEvents(store, cast.site.number, [
    { id: 'anon-1', at: '01 10:00', copies: 2 },
    { id: 'ann', at: '02 10:00' },
    { id: 'cyd', at: '05 10:00' },
    { id: 'anon-2', at: '03 10:00' },
    { id: 'cookieless-1', at: '03 10:00', cookieless: true },
  ]);
  await storeEvents(store, cast.otherSite.number, [{ id: 'anon-3', at: '03 10:00' }]);
  await allMirrored(s);
  await stop();
});
afterAll(() => s?.stop());

const people = (project = cast.site) => project.keys.shared.client(ProfilesService);

async function names(request: { query?: string; limit?: number; offset?: number } = {}) {
  const { profiles, total } = await people().list(request);
  return { names: profiles.map(({ externalId, id }) => externalId || id), total };
}

describe('a call is refused', () => {
  test('with an SDK key', async () => {
    const writer = cast.site.keys.sdk.client(ProfilesService);
    for (const { code } of await refusalsOf([
      writer.get({ id: ann }),
      writer.list({}),
      writer.delete({ id: ann }),
    ]))
      expect(code).toBe(Code.PermissionDenied);
  });

  test('with none of the ids, and with both', async () => {
    for (const request of [{}, { id: ann, externalId: 'ann' }])
      for (const refusal of await refusalsOf([people().get(request), people().delete(request)]))
        expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['external_id'] });
  });

  test.each([
    [{ limit: 1_001 }, 'limit'],
    [{ query: 'x'.repeat(256) }, 'query'],
  ])('with bounds exceeded: %j', async (request, field) => {
    expect(await refusalOf(people().list(request))).toMatchObject({
      code: Code.InvalidArgument,
      fields: [field],
    });
  });

  test('for people of another project', async () => {
    const calls = [{ id: ann }, { externalId: 'bea' }, { id: 'anon-2' }].flatMap((name) => [
      people(cast.otherSite).get(name),
      people(cast.otherSite).delete(name),
    ]);
    const refusal = { code: Code.NotFound, message: 'Profile not found.' };
    for (const one of await refusalsOf(calls)) expect(one).toMatchObject(refusal);
  });

  test('for people whom more calls delete at once than there are connections', async () => {
    const calls = Array.from({ length: 12 }, (_, n) => people(cast.otherSite).delete({ id: `absent-${n}` }));
    const refusal = { code: Code.NotFound, message: 'Profile not found.' };
    for (const one of await refusalsOf(calls)) expect(one).toMatchObject(refusal);
  });
});

describe('a person', () => {
  test('is read by any id', async () => {
    const { profile } = await people().get({ externalId: 'ann' });
    expect(profile).toMatchObject({
      id: ann,
      externalId: 'ann',
      traits: { email: 'Ann@Example.com', plan: 'pro' },
      eventCount: 2,
    });
    expect(profile?.firstSeen && timestampDate(profile.firstSeen).getTime()).toBe(timeOf('01 10:00'));
    expect(profile?.lastSeen && timestampDate(profile.lastSeen).getTime()).toBe(timeOf('02 10:00'));
    for (const id of [ann, 'anon-1']) expect((await people().get({ id })).profile).toEqual(profile);
  });

  test('without a profile, or without events, is read too', async () => {
    expect((await people().get({ id: 'anon-2' })).profile).toMatchObject({ externalId: '', eventCount: 1 });
    const { profile } = await people().get({ externalId: 'bea' });
    expect([profile?.firstSeen, profile?.lastSeen, profile?.eventCount]).toEqual([undefined, undefined, 0]);
  });
});

describe('a list', () => {
  test('has the person who was seen last first, and all people in the total', async () => {
    const all = ['cyd', 'anon-2', 'ann'];
    const { names: listed, total } = await names();
    expect(listed.slice(0, 3)).toEqual(all);
    expect(listed.slice(3).sort()).toEqual(['bea', 'plan:pro']);
    expect(total).toBe(5);
    expect(await names({ limit: 1, offset: 1 })).toEqual({ names: ['anon-2'], total: 5 });
    expect(await names({ offset: 99 })).toEqual({ names: [], total: 5 });
  });

  test.each([
    ['an external id', 'bea', ['bea']],
    ['an address in any case', 'aNN@example.COM', ['ann']],
    ['a trait, or an external id that looks like one', 'plan:pro', ['cyd', 'ann', 'plan:pro']],
    ['no part of an id', 'be', []],
    ['no anonymous id', 'anon-2', []],
    ['no wildcard', '%', []],
  ])('is searched by %s', async (_, query, expected) => {
    expect(await names({ query })).toEqual({ names: expected, total: expected.length });
  });
});

test('a search has the same order and total whether it finds few people or many', async () => {
  const client = cast.otherSite.keys.sdk.client(ProfilesSDKService);
  const identify = async (of: number, plan: string): Promise<void> => {
    const ids = Array.from({ length: of }, (_, n) => `${plan}-${n}`);
    await Promise.all(ids.map((externalId) => client.identify({ externalId, traits: { plan } })));
  };
  await identify(100, 'few');
  await identify(101, 'many');
  if (!s.analytics) throw new Error('The server has an analytics store.');
  const { store, stop } = openStore(s.analytics);
  await storeEvents(
    store,
    cast.otherSite.number,
    ['few', 'many'].flatMap((plan) => [
      { id: `${plan}-7`, at: '01 10:00' },
      { id: `${plan}-3`, at: '02 10:00' },
    ]),
  );
  await allMirrored(s);
  await stop();
  for (const [plan, total] of [
    ['few', 100],
    ['many', 101],
  ] as const) {
    const query = `plan:${plan}`;
    const pages = await Promise.all(
      [0, 60, 120].map((offset) => people(cast.otherSite).list({ query, limit: 60, offset })),
    );
    const listed = pages.flatMap(({ profiles }) => profiles);
    expect(pages.map((page) => page.total)).toEqual([total, total, total]);
    expect(new Set(listed.map(({ externalId }) => externalId)).size).toBe(total);
    expect(listed.slice(0, 2).map(({ externalId }) => externalId)).toEqual([`${plan}-3`, `${plan}-7`]);
    const rest = listed.slice(2).map(({ id }) => id);
    expect(rest).toEqual(rest.toSorted().reverse());
  }
});

test('a deleted person is hidden, the events stay, and the external id makes a new profile', async () => {
  const { client, database } = s.analytics ?? {};
  const stored = async () => {
    const query = `select count() as n from ${database}.events final where project = ${cast.site.number}`;
    return (await client?.query({ query, format: 'JSONEachRow' }))?.json();
  };
  const before = await stored();
  await people().delete({ externalId: 'cyd' });
  await people().delete({ id: 'anon-2' });
  for (const name of [{ externalId: 'cyd' }, { id: 'anon-2' }]) {
    expect(await refusalOf(people().get(name))).toMatchObject({ code: Code.NotFound });
    expect(await refusalOf(people().delete(name))).toMatchObject({ code: Code.NotFound });
  }
  await allMirrored(s);
  const { names: listed, total } = await names();
  expect(listed).not.toContain('cyd');
  expect(listed).not.toContain('anon-2');
  expect(total).toBe(3);
  expect(await stored()).toEqual(before);
  const { profileId } = await cast.site.keys.sdk.client(ProfilesSDKService).identify({ externalId: 'cyd' });
  expect((await people().get({ externalId: 'cyd' })).profile).toMatchObject({ id: profileId, traits: {} });
  const audited = await s.database.query<{ actor: string }>(
    `select actor_id as actor from audit_event where event_type = 'PROFILE_DELETED'`,
  );
  expect(audited).toEqual(Array.from({ length: 2 }, () => ({ actor: cast.site.keys.shared.keyId })));
});

test('a person is deleted once by two who do it at once', async () => {
  await cast.site.keys.sdk.client(ProfilesSDKService).identify({ externalId: 'dan' });
  const outcomes = await Promise.allSettled([1, 2].map(() => people().delete({ externalId: 'dan' })));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});
