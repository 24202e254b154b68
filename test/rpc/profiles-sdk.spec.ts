import { Code } from '@connectrpc/connect';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EventsService } from '@dovecote/contract/events/v1/events_pb';
import { Aggregation, InsightsService, InsightType } from '@dovecote/contract/insights/v1/insights_pb';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { ProfilesSDKService as ShippedProfilesService } from '@dovecote/contract/sdk/profiles/v1/profiles_pb';
import { v7 as uuid } from 'uuid';
import { type Cast, seedCast, type TestProject } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const documented = (project = cast.site) => project.keys.sdk.client(ProfilesSDKService);
const shipped = (project = cast.site) => project.keys.public.client(ShippedProfilesService);

interface StoredProfile {
  id: string;
  externalId: string;
  properties: Record<string, unknown>;
}

/** The profiles of a project that were not merged or deleted and have one of the external ids. */
function active(externalIds: readonly string[], { number } = cast.site): Promise<StoredProfile[]> {
  return s.database.query(
    `select id, external_id as "externalId", properties from profile
      where project = $1 and external_id = any ($2) and merged_into is null and deleted_at is null order by external_id`,
    [number, externalIds],
  );
}

/** The profile to which an id leads. */
async function ledTo(alias: string, { number } = cast.site): Promise<string | undefined> {
  const [row] = await s.database.query<{ id: string }>(
    'select profile_id as id from profile_alias where project = $1 and alias = $2',
    [number, alias],
  );
  return row?.id;
}

/** What the analytics store has of a project's people, once it has all of it. */
async function mirrored<Row>(select: string): Promise<Row[]> {
  await eventually('all is mirrored', async () => {
    const waiting = await s.database.query(
      `select from profile where not is_mirrored union all select from profile_alias where not is_mirrored`,
    );
    return waiting.length === 0;
  });
  if (!s.analytics) throw new Error('The server has an analytics store.');
  const answer = await s.analytics.client.query({
    query: select.replaceAll('{}', s.analytics.database),
    format: 'JSONEachRow',
  });
  return answer.json<Row>();
}

describe('a person is not made known', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['Identify', () => cast.site.keys.shared.client(ProfilesSDKService).identify({ externalId: 'nia' })],
    [
      'Alias',
      () => cast.site.keys.shared.client(ProfilesSDKService).alias({ previousId: 'n1', externalId: 'nia' }),
    ],
  ])('by a key that only reads: %s', async (_, call) => {
    expect(await refusalOf(call())).toMatchObject({
      code: Code.PermissionDenied,
      message: 'This key only reads; sending needs an SDK key, or a public or private key.',
    });
    expect(await active(['nia'])).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['an employee', () => cast.erin.client(ProfilesSDKService).identify({ externalId: 'nia' })],
    ['an API key', () => cast.kiosk.client(ShippedProfilesService).identify({ externalId: 'nia' })],
  ])('by %s', async (_, call) => {
    expect([Code.PermissionDenied, Code.Unauthenticated]).toContain((await refusalOf(call())).code);
    expect(await active(['nia'])).toEqual([]);
  });

  test.each([
    ['no id', 'external_id', { externalId: '' }],
    ['an id that is too long', 'external_id', { externalId: 'x'.repeat(256) }],
    ['NUL in its id', 'external_id', { externalId: 'a\0b' }],
    ['the id of a visitor of a day', 'external_id', { externalId: 'cookieless-1' }],
    ['the link of such a visitor', 'anonymous_id', { externalId: 'nia', anonymousId: 'cookieless-1' }],
    ['a trait that is too long', 'traits["bio"]', { externalId: 'nia', traits: { bio: 'x'.repeat(1_025) } }],
    ['a trait without a name', 'traits', { externalId: 'nia', traits: { '': 1 } }],
    [
      'too many traits',
      'traits',
      {
        externalId: 'nia',
        traits: Object.fromEntries(Array.from({ length: 257 }, (_, n) => [`t${n}`, n])),
      },
    ],
  ])('by the documented contract with %s', async (_, field, request) => {
    const refusal = await refusalOf(documented().identify(request));
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
  });

  test('by the shipped contract with an empty external id, which it accepts', async () => {
    expect(await shipped().identify({ externalId: '', anonymousId: 'anon-unknown' })).toMatchObject({});
    expect([await active(['']), await ledTo('anon-unknown')]).toEqual([[], undefined]);
  });

  test.each([
    ['no id', 'external_id', {}],
    ['the id of a visitor of a day', 'external_id', { externalId: 'cookieless-1' }],
    ['an id that is too long', 'external_id', { externalId: 'x'.repeat(513) }],
    ['an anonymous id of another kind', 'anonymous_id', { externalId: 'nia', anonymousId: 'visitor-1' }],
  ])('by the shipped contract with %s', async (_, field, request) => {
    const refusal = await refusalOf(shipped().identify(request));
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: [field] });
  });

  test('as an alias of itself', async () => {
    const refusal = await refusalOf(documented().alias({ previousId: 'ann', externalId: 'ann' }));
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['previous_id'] });
  });
});

describe('traits', () => {
  test('replace those of the same name, whole and at the top, and the address is not kept', async () => {
    await shipped().identify({ externalId: 'tia', traits: { $ip: '192.0.2.1', plan: 'free', in: { a: 1 } } });
    await documented().identify({ externalId: 'tia', traits: { plan: 'pro', in: { b: 2 } } });
    expect(await active(['tia'])).toEqual([
      { id: expect.any(String), externalId: 'tia', properties: { plan: 'pro', in: { b: 2 } } },
    ]);
  });

  test('of a known person change nothing when they are known', async () => {
    const identify = () => documented().identify({ externalId: 'same', traits: { a: 1 } });
    const versions = () =>
      s.database.query(`select version from profile where external_id = 'same' order by version`);
    const { profileId } = await identify();
    const before = await versions();
    expect(await identify()).toMatchObject({ profileId });
    expect(await versions()).toEqual(before);
  });

  test('are of the person of one project only', async () => {
    const mine = await documented().identify({
      externalId: 'bob',
      traits: { plan: 'pro' },
      anonymousId: 'b1',
    });
    const theirs = await documented(cast.otherSite).identify({ externalId: 'bob', anonymousId: 'b1' });
    expect(theirs.profileId).not.toBe(mine.profileId);
    expect(await ledTo('b1')).toBe(mine.profileId);
    expect(await ledTo('b1', cast.otherSite)).toBe(theirs.profileId);
    expect((await active(['bob'], cast.otherSite))[0]?.properties).toEqual({});
  });

  test('of one who is deleted are not revived', async () => {
    const { profileId } = await documented().identify({ externalId: 'gone', traits: { old: 1 } });
    await s.database.query('update profile set deleted_at = now() where id = $1', [profileId]);
    const again = await documented().identify({ externalId: 'gone', traits: { new: 1 } });
    expect(again.profileId).not.toBe(profileId);
    expect((await active(['gone'])).map(({ properties }) => properties)).toEqual([{ new: 1 }]);
  });
});

describe('a link', () => {
  test('of an anonymous id is the newest', async () => {
    await shipped().identify({ externalId: 'eve', anonymousId: 'anon-shared' });
    await shipped().identify({ externalId: 'fay', anonymousId: 'anon-shared' });
    const [eve, fay] = await active(['eve', 'fay']);
    expect(await ledTo('anon-shared')).toBe(fay?.id);
    expect(await ledTo('eve')).toBe(eve?.id);
  });

  test.each([
    ['after', true],
    ['before', false],
  ])('of an id that is identified, %s it is linked, merges nothing by Identify', async (when, isFirst) => {
    const [own, other] = [`kim-${when}`, `kit-${when}`];
    const identified = () => documented().identify({ externalId: own, traits: { own } });
    const linked = () => documented().identify({ externalId: other, traits: { other }, anonymousId: own });
    const first = await (isFirst ? identified() : linked());
    const second = await (isFirst ? linked() : identified());
    expect(first.profileId).not.toBe(second.profileId);
    expect((await active([own, other])).map(({ properties }) => properties)).toEqual([{ own }, { other }]);
    const { profileId } = await identified();
    await linked();
    expect(await ledTo(own)).toBe(profileId);
  });

  test.each([
    ['before', 'unlinked'],
    ['before', 'linked'],
    ['after', 'unlinked'],
  ])('of an id by Alias holds when it is made %s the id is identified, and was %s', async (when, before) => {
    const [old, lea] = [`lea-old-${when}-${before}`, `lea-${when}-${before}`];
    const identified = () => documented().identify({ externalId: old });
    if (before === 'linked') await documented().identify({ externalId: lea, anonymousId: old });
    if (when === 'after') await identified();
    const { profileId } = await documented().alias({ previousId: old, externalId: lea });
    expect(await identified()).toMatchObject({ profileId });
    await documented().identify({ externalId: `${lea}-other`, anonymousId: old });
    expect(await identified()).toMatchObject({ profileId });
    expect(await ledTo(old)).toBe(profileId);
  });

  test('of another external id merges its profile under the target, and again changes nothing', async () => {
    const old = await documented().identify({
      externalId: 'gus@old.example',
      traits: { plan: 'free', since: 2020 },
      anonymousId: 'g1',
    });
    await documented().identify({ externalId: 'gus', traits: { plan: 'pro' } });
    const alias = () => documented().alias({ previousId: 'gus@old.example', externalId: 'gus' });
    const { profileId } = await alias();
    const state = () => s.database.query(`select alias, version from profile_alias order by project, alias`);
    const before = await state();
    expect(await alias()).toMatchObject({ profileId });
    expect(await state()).toEqual(before);
    expect(await active(['gus', 'gus@old.example'])).toEqual([
      { id: profileId, externalId: 'gus', properties: { plan: 'pro', since: 2020 } },
    ]);
    for (const id of ['g1', 'gus@old.example', old.profileId]) expect(await ledTo(id)).toBe(profileId);
    const later = await documented().identify({ externalId: 'gus@old.example', traits: { late: true } });
    expect(later.profileId).toBe(profileId);
    const rows = await mirrored<{ id: string; deleted: boolean; plan: string; late: string }>(
      `select profile_id as id, deleted, properties['plan'] as plan, properties['late'] as late from {}.profiles final
        where profile_id in ('${profileId}', '${old.profileId}') order by deleted`,
    );
    expect(rows).toEqual([
      { id: profileId, deleted: false, plan: 'pro', late: 'true' },
      // Also a merged profile has what its ids tell, and is not sent for that alone.
      expect.objectContaining({ id: old.profileId, deleted: true, plan: 'free' }),
    ]);
  });
});

describe('at once', () => {
  const several = Array.from({ length: 8 }, (_, n) => n);

  test('many calls for one external id make one profile with the traits of all', async () => {
    const answers = await Promise.all(
      several.map((n) =>
        documented().identify({ externalId: 'hal', traits: { [`t${n}`]: n }, anonymousId: `h${n}` }),
      ),
    );
    const [hal, ...others] = await active(['hal']);
    expect(others).toEqual([]);
    expect(new Set(answers.map(({ profileId }) => profileId))).toEqual(new Set([hal?.id]));
    expect(hal?.properties).toEqual(Object.fromEntries(several.map((n) => [`t${n}`, n])));
    for (const n of several) expect(await ledTo(`h${n}`)).toBe(hal?.id);
  });

  test('two become one in either direction, and traits that arrive at that time are not lost', async () => {
    for (const n of several) {
      const [a, b] = [`ida-${n}`, `ivy-${n}`];
      await documented().identify({ externalId: a, traits: { a } });
      await documented().identify({ externalId: b, traits: { b } });
      await Promise.all([
        documented().alias({ previousId: a, externalId: b }),
        documented().alias({ previousId: b, externalId: a }),
        documented().identify({ externalId: a, traits: { more: n } }),
        documented().identify({ externalId: b, traits: { most: n } }),
      ]);
      const [left, ...others] = await active([a, b]);
      expect(others).toEqual([]);
      expect(left?.properties).toEqual({ a, b, more: n, most: n });
      expect([await ledTo(a), await ledTo(b)]).toEqual([left?.id, left?.id]);
    }
  });
});

describe('events before a person is known', () => {
  const uniques = async (project: TestProject, event: string) => {
    const now = Date.now();
    const { totals } = await project.keys.shared.client(InsightsService).query({
      query: {
        events: [{ name: event }],
        insightType: InsightType.SEGMENTATION,
        aggregation: Aggregation.UNIQUE_USERS,
        timeRange: { start: timestampFromMs(now - 86_400_000), end: timestampFromMs(now + 3_600_000) },
      },
    });
    return totals[0]?.value ?? 0;
  };

  test('count for that person, also those of a session and in no other project', async () => {
    const name = `seen_${uuid().slice(-6)}`;
    for (const project of [cast.site, cast.otherSite]) {
      const events = project.keys.sdk.client(EventsService);
      const sessionId = `session-${name}`;
      await events.batchCreate({
        events: [
          { name, distinctId: 'anon-joe' },
          { name, distinctId: 'joe' },
          { name, sessionId },
        ],
      });
      await eventually('the events are stored', async () => (await uniques(project, name)) === 3);
    }
    await documented().identify({ externalId: 'joe', anonymousId: 'anon-joe' });
    await eventually('two ids are one person', async () => (await uniques(cast.site, name)) === 2);
    await documented().alias({ previousId: `session-${name}`, externalId: 'joe' });
    await eventually('all are one person', async () => (await uniques(cast.site, name)) === 1);
    expect(await uniques(cast.otherSite, name)).toBe(3);
  });
});
