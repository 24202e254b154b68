import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import { type Cast, seedCast } from '../support/cast.js';
import { Command } from '../support/command.js';
import { eventually } from '../support/eventually.js';
import { testMasterKey } from '../support/template-database.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

jest.setTimeout(120_000);

/** More than one piece of the command. */
const CROWD = 6_000;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer({ analytics: true });
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

async function untilMirrored(): Promise<void> {
  const waiting = `select from profile where not is_mirrored union all select from profile_alias where not is_mirrored`;
  await eventually(
    'all rows are mirrored',
    async () => (await s.database.query(waiting)).length === 0,
    60_000,
  );
}

async function rowsOf(table: string): Promise<unknown[]> {
  const { client, database } = s.analytics!;
  const rows = await client.query({
    query: `SELECT * FROM ${database}.${table} FINAL ORDER BY ALL`,
    format: 'JSONEachRow',
  });
  return rows.json();
}

test('dovecote resync-profiles fills a store that lost the profiles of every organization', async () => {
  for (const { keys } of [cast.site, cast.otherSite])
    await keys.sdk.client(ProfilesSDKService).identify({ externalId: 'ann', anonymousId: 'anon-ann' });
  await s.database.query(
    `insert into profile (org_id, project, id, external_id, properties, created_at, updated_at, version, is_mirrored)
     select org_id, number, gen_random_uuid(), 'crowd-' || n, '{}', now(), now(), n, false
       from project, generate_series(1, $2::int) n where number = $1`,
    [cast.site.number, CROWD],
  );
  await untilMirrored();
  const [profiles, aliases] = [await rowsOf('profiles'), await rowsOf('person_aliases')];
  expect(profiles).toHaveLength(CROWD + 2);

  const { client, database } = s.analytics!;
  for (const table of ['profiles', 'person_aliases'])
    await client.command({ query: `TRUNCATE TABLE ${database}.${table}` });
  const env = {
    DATABASE_URL: s.database.ownerUrl,
    DATABASE_APP_URL: s.database.appUrl,
    MASTER_KEY: testMasterKey.toString('base64'),
  };
  const { output, exitCode } = await Command.run(['resync-profiles'], { env, folder: tmpdir() });
  expect(output).toContain(`${CROWD + 2} profiles and ${aliases.length} aliases`);
  expect(exitCode).toBe(0);
  await untilMirrored();
  expect(await rowsOf('profiles')).toEqual(profiles);
  expect(await rowsOf('person_aliases')).toEqual(aliases);
});
