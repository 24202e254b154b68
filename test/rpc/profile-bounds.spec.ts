import { Code } from '@connectrpc/connect';
import type { JsonObject } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { ProfilesSDKService as ShippedProfilesService } from '@dovecote/contract/sdk/profiles/v1/profiles_pb';
import { v7 as uuid } from 'uuid';
import { addOrganization, addProject, type Cast, seedCast, type TestProject } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

/** What a key that is public can make of the profiles of a project, and of those of all others. */

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const many = (count: number, nameOf: (n: number) => string): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [nameOf(n), 0]));
const numbered = (count: number) => many(count, String);
const nested = (levels: number): JsonObject => (levels === 1 ? { a: 1 } : { a: nested(levels - 1) });

describe.each<[string, (traits: JsonObject) => Promise<unknown>, (field: string) => string]>([
  [
    'the shipped contract',
    (traits) => cast.site.keys.public.client(ShippedProfilesService).identify({ externalId: 'flo', traits }),
    // Its errors have no keys.
    () => 'traits',
  ],
  [
    'the documented contract',
    (traits) => cast.site.keys.sdk.client(ProfilesSDKService).identify({ externalId: 'flo', traits }),
    (field) => field,
  ],
])('by %s', (_contract, identify, fieldOf) => {
  test.each<[string, string, JsonObject]>([
    ['names that multiply to gigabytes', 'traits["a"]', { a: { ['x'.repeat(2_000_000)]: numbered(1_999) } }],
    ['a long name at the top', 'traits', { ['x'.repeat(129)]: 1 }],
    ['a long name in a list', 'traits["a"]', { a: [{ ['x'.repeat(129)]: 1 }] }],
    ['a long text inside', 'traits["a"]', { a: [{ b: 'x'.repeat(9_000) }] }],
    ['many levels', 'traits["a"]', nested(9)],
    ['many names in all', 'traits', { a: numbered(500), b: numbered(499) }],
    ['many bytes', 'traits', Object.fromEntries(Array.from({ length: 90 }, (_, n) => [n, 'x'.repeat(800)]))],
  ])('traits are refused with %s', async (_what, field, traits) => {
    const refusal = await refusalOf(identify(traits));
    expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: [fieldOf(field)] });
    expect(refusal.message.length).toBeLessThan(1_000);
  });

  test('traits are taken up to the bounds', async () => {
    await identify(nested(8));
    await identify({ a: numbered(500), b: numbered(498) });
  });
});

test('many calls do not make a profile larger than one may be', async () => {
  const { client } = cast.site.keys.public;
  const identify = (n: number) =>
    client(ShippedProfilesService).identify({
      externalId: 'gro',
      traits: { [`t${n}`]: ['x'.repeat(8_000), 'y'.repeat(8_000), 'z'.repeat(8_000)] },
    });
  let taken = 0;
  const refusal = await refusalOf(
    (async () => {
      for (; taken < 30; taken += 1) await identify(taken);
    })(),
  );
  expect(refusal).toMatchObject({ code: Code.InvalidArgument, fields: ['traits'] });
  expect(taken).toBeGreaterThan(5);
  const [gro] = await s.database.query<{ traits: string }>(
    `select array_to_string(array(select jsonb_object_keys(properties)), ' ') as traits from profile where external_id = 'gro'`,
  );
  expect(gro?.traits.split(' ').length).toBe(taken);
});

test('a profile has no more ids than one may have, also by a merge, and known ones still pass', async () => {
  const client = cast.site.keys.sdk.client(ProfilesSDKService);
  const { profileId } = await client.identify({ externalId: 'guest', anonymousId: 'g0' });
  await client.identify({ externalId: 'ivo' });
  await s.database.query(
    `insert into profile_alias (org_id, project, alias, profile_id, names_profile, version, is_mirrored)
     select org_id, project, 'guest-' || n, id, false, n, true from profile, generate_series(1, 9996) n where id = $1`,
    [profileId],
  );
  const limit = { code: Code.FailedPrecondition };
  const call = client.identify({ externalId: 'guest', anonymousId: 'g1' });
  expect(await refusalOf(call)).toMatchObject(limit);
  expect(await refusalOf(client.alias({ previousId: 'ivo', externalId: 'guest' }))).toMatchObject(limit);
  expect(await client.identify({ externalId: 'guest', anonymousId: 'g0' })).toMatchObject({ profileId });
  const [ids] = await s.database.query<{ count: number }>(
    'select count(*)::integer as count from profile_alias where profile_id = $1',
    [profileId],
  );
  expect(ids?.count).toBe(10_000);
});

/** Rows as no call makes them. */
async function plant({ number }: TestProject, count: number, properties: string) {
  const prefix = uuid();
  await s.database.query(
    `insert into profile (org_id, project, id, external_id, properties, created_at, updated_at, version, is_mirrored)
     select (select org_id from project where number = $1), $1, gen_random_uuid(), $2 || n, $3::text::jsonb, now(), now(), n, false
       from generate_series(1, $4::int) n`,
    [number, prefix, properties, count],
  );
  return prefix;
}

/** Whether all rows with the prefix are mirrored. */
async function isMirrored(prefix: string): Promise<boolean> {
  const waiting = await s.database.query(
    `select from profile where starts_with(external_id, $1) and not is_mirrored`,
    [prefix],
  );
  return waiting.length === 0;
}

describe('the mirror', () => {
  test('postpones a profile that cannot be sent, and says so, and sends the others and all aliases', async () => {
    const poison = JSON.stringify({ a: { ['x'.repeat(20_000)]: numbered(500) } });
    const poisoned = await plant(cast.site, 1, poison);
    await cast.site.keys.public
      .client(ShippedProfilesService)
      .identify({ externalId: 'hea', anonymousId: 'anon-hea' });
    await eventually('the others are mirrored', async () => {
      const waiting = await s.database.query(
        `select from profile where external_id = 'hea' and not is_mirrored
         union all select from profile_alias where not is_mirrored`,
      );
      return waiting.length === 0;
    });
    expect(await isMirrored(poisoned)).toBe(false);
    await eventually('the log has it', async () =>
      s.logLines().some(({ msg }) => msg === 'profile cannot be mirrored'),
    );
  });

  test('sends rows that are too many for one text', async () => {
    const text = JSON.stringify({ bio: 'x'.repeat(200_000) });
    const heavy = await plant(cast.site, 200, text);
    // Forty megabytes, in rounds of eight.
    await eventually('all are mirrored', () => isMirrored(heavy), 50_000);
  });

  test('serves an organization although another has more than a round takes', async () => {
    const other = await addProject(s, await addOrganization(s, 'Small'), 'Small');
    const flood = await plant(cast.site, 9_000, '{}');
    const small = await plant(other, 1, '{"a": 1}');
    await eventually(
      'the small one is served before the flood',
      async () => (await isMirrored(small)) && !(await isMirrored(flood)),
    );
  });
});
