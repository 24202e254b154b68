import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { migrations } from '#migrations';
import { v7 as uuid } from 'uuid';
import { OldDatabases, withClient } from './old-databases.js';

jest.setTimeout(120_000);

let databases: OldDatabases;

beforeAll(async () => {
  databases = await OldDatabases.connect();
});
afterAll(() => databases?.drop());

test('notes what audience rules name, apart from what was deleted or is another organization’s', async () => {
  const url = await databases.createEmpty();
  const last = migrations.findIndex((Migration) => new Migration().name.startsWith('AudienceRuleReferences'));
  await databases.migrateAsOrdinaryOwner(url, migrations.slice(0, last));
  const [org, other, role, group, team, foreign, rule] = Array.from({ length: 7 }, () => uuid());
  const named = [{ group }, { any: [{ team }, { group }, { role }] }, { team: uuid() }, { group: foreign }];
  await withClient(url, async (client) => {
    await client.query(`insert into organization (id, name) values ($1, 'Old'), ($2, 'Other')`, [org, other]);
    await client.query(
      `insert into role (org_id, id, slug, name, name_key, permissions) values ($1, $2, 'r', 'R', 'r', '{}')`,
      [org, role],
    );
    await client.query(
      `insert into roster (org_id, kind, id, name, name_key, created_at, updated_at)
       select o, k, i, 'N', 'n', now(), now() from unnest($1::uuid[], $2::text[], $3::uuid[]) as r (o, k, i)`,
      [
        [org, org, other],
        ['group', 'team', 'group'],
        [group, team, foreign],
      ],
    );
    await client.query(
      `insert into audience_rule (org_id, id, name, name_key, condition, created_at, updated_at)
       values ($1, $2, 'R', 'r', $3, now(), now())`,
      [org, rule, JSON.stringify({ all: named })],
    );
  });
  await databases.migrateAsOrdinaryOwner(url, migrations.slice(0, last + 1));
  const noted = await withClient(url, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `select roster_id as id from audience_rule_roster where rule_id = $1
        union all select role_id from audience_rule_role where rule_id = $1`,
      [rule],
    );
    return rows.map(({ id }) => id);
  });
  expect(noted.sort()).toEqual([group, team, role].sort());
});
