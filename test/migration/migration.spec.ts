import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { migrations } from '#migrations';
import { v7 as uuid } from 'uuid';
import { grantAppRole } from '../../src/platform/database/app-role-grants.js';
import { appRole } from '../../src/platform/database/app-role.js';
import { testMasterKey } from '../support/template-database.js';
import { cloneDatabase, type TestDatabase } from '../support/test-database.js';
import { startTestServer } from '../support/test-server.js';
import { OldDatabases, withClient } from './old-databases.js';
import { describeSchema } from './schema.js';

jest.setTimeout(120_000);

let databases: OldDatabases;

beforeAll(async () => {
  databases = await OldDatabases.connect();
});
afterAll(() => databases?.drop());

/** `dovecote migrate`, as a process of its own. */
async function runMigrate(url: string): Promise<{ exitCode: number; output: string }> {
  const env = {
    ...process.env,
    DATABASE_URL: url,
    MASTER_KEY: testMasterKey.toString('base64'),
    LOG_FORMAT: 'json',
  };
  const child = spawn(process.execPath, ['dist/main.js', 'migrate'], { env, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as [number];
  return { exitCode, output };
}

const applied = (url: string) =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>('select name from schema_migration order by id');
    return rows.map(({ name }) => name);
  });

const names = migrations.map((Migration) => new Migration().name);

describe('migrating', () => {
  test('fills an empty database; a second run changes nothing', async () => {
    const url = await databases.createEmpty();
    const first = await runMigrate(url);
    expect(first).toMatchObject({ exitCode: 0 });
    expect(await applied(url)).toEqual(names);
    const before = await withClient(url, describeSchema);
    const second = await runMigrate(url);
    expect(second).toMatchObject({ exitCode: 0 });
    expect(await applied(url)).toEqual(names);
    expect(await withClient(url, describeSchema)).toEqual(before);
  });

  test('by two processes at once succeeds in both, and happens once', async () => {
    const url = await databases.createEmpty();
    const runs = await Promise.all([runMigrate(url), runMigrate(url)]);
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(await applied(url)).toEqual(names);
  });

  test('goes forward only', async () => {
    for (const Migration of migrations) {
      await expect(new Migration().down()).rejects.toThrow('Migrations go forward only.');
    }
  });

  test('gives organizations that were there before what new ones begin with', async () => {
    const url = await databases.createEmpty();
    const first = migrations.findIndex((Migration) => new Migration().name.startsWith('TeamsAndGroups'));
    await databases.migrateAsOrdinaryOwner(url, migrations.slice(0, first));
    const [org, role, identity] = [uuid(), uuid(), uuid()];
    await withClient(url, async (client) => {
      await client.query(`insert into organization (id, name) values ($1, 'Old')`, [org]);
      await client.query(
        `insert into role (org_id, id, slug, name, permissions) values ($1, $2, 'r', 'R', '{}')`,
        [org, role],
      );
      await client.query(`insert into identity (id, email) values ($1, 'a@b.example')`, [identity]);
      await client.query(
        `insert into member (org_id, id, identity_id, email, status, role_id) values ($1, $2, $3, 'a@b.example', 2, $4)`,
        [org, uuid(), identity, role],
      );
    });
    await databases.migrateAsOrdinaryOwner(url, migrations.slice(0, first + 1));
    const [rosters, headcount] = await withClient(url, (client) =>
      Promise.all([
        client.query('select org_id, kind, name, is_default, created_by from roster order by kind'),
        client.query('select org_id, subject_id, members from headcount'),
      ]),
    );
    const everyone = { org_id: org, name: 'Everyone', is_default: true, created_by: null };
    expect(rosters.rows).toEqual([
      { ...everyone, kind: 'group' },
      { ...everyone, kind: 'team' },
    ]);
    expect(headcount.rows).toEqual([{ org_id: org, subject_id: org, members: 1 }]);
  });

  test('keeps names that are twins and addresses in another form, so that they go on working', async () => {
    const url = await databases.createEmpty();
    const first = migrations.findIndex((Migration) => new Migration().name.startsWith('TextThatPeopleGive'));
    await databases.migrateAsOrdinaryOwner(url, migrations.slice(0, first));
    const [org, one, twin, bo, taken, odd] = [uuid(), uuid(), uuid(), uuid(), uuid(), uuid()];
    await withClient(url, async (client) => {
      await client.query(`insert into organization (id, name) values ($1, 'Old')`, [org]);
      for (const [id, slug, name, at] of [
        [one, 'a', 'Caf\u00E9', '2026-01-01'],
        [twin, 'b', ' cafe\u0301', '2026-01-02'],
      ]) {
        await client.query(
          `insert into role (org_id, id, slug, name, permissions, created_at) values ($1, $2, $3, $4, '{}', $5)`,
          [org, id, slug, name, at],
        );
      }
      for (const [id, email] of [
        [bo, 'bo@b\u00FCcher.example'],
        [taken, 'li@xn--bcher-kva.example'],
        [odd, 'li@b\u00FCcher.example'],
      ]) {
        await client.query(`insert into identity (id, email) values ($1, $2)`, [id, email]);
        await client.query(
          `insert into member (org_id, id, identity_id, email, status, role_id) values ($1, $2, $2, $3, 2, $4)`,
          [org, id, email, one],
        );
      }
    });
    await databases.migrateAsOrdinaryOwner(url, migrations.slice(0, first + 1));
    const [roles, members] = await withClient(url, (client) =>
      Promise.all([
        client.query('select name, name_key from role order by slug'),
        client.query('select m.email, i.email as own from member m join identity i on i.id = m.identity_id'),
      ]),
    );
    expect(roles.rows).toEqual([
      { name: 'Caf\u00E9', name_key: 'caf\u00E9' },
      { name: ' cafe\u0301', name_key: `caf\u00E9\u001F${twin}` },
    ]);
    expect(members.rows).toHaveLength(3);
    for (const [email, own] of [
      ['bo@xn--bcher-kva.example', 'bo@xn--bcher-kva.example'],
      ['li@xn--bcher-kva.example', 'li@xn--bcher-kva.example'],
      // Somebody else has the form that it would get.
      ['li@b\u00FCcher.example', 'li@b\u00FCcher.example'],
    ]) {
      expect(members.rows).toContainEqual({ email, own });
    }
  });

  test('keeps accounts at providers that share a member, of which one counts', async () => {
    const url = await databases.createEmpty();
    const first = migrations.findIndex((Migration) =>
      new Migration().name.startsWith('OneSubjectForAMember'),
    );
    await databases.migrateAsOrdinaryOwner(url, migrations.slice(0, first));
    const [org, role, rosa, oidc, saml] = [uuid(), uuid(), uuid(), uuid(), uuid()];
    await withClient(url, async (client) => {
      await client.query(`insert into organization (id, name) values ($1, 'Old')`, [org]);
      await client.query(
        `insert into role (org_id, id, slug, name, permissions) values ($1, $2, 'a', 'A', '{}')`,
        [org, role],
      );
      await client.query(`insert into identity (id, email) values ($1, 'rosa@acme.example')`, [rosa]);
      await client.query(
        `insert into member (org_id, id, identity_id, email, status, role_id)
         values ($1, $2, $2, 'rosa@acme.example', 2, $3)`,
        [org, rosa, role],
      );
      for (const [id, protocol, settings] of [
        [oidc, 2, null],
        [saml, 1, '{}'],
      ]) {
        await client.query(
          `insert into sso_connection (org_id, id, name, provider_name, protocol, state, saml, provisioning, ceiling,
             speaks_for_all, created_at, updated_at)
           values ($1, $2::uuid, 'C', $2::uuid::text, $3, 2, $4, '{}', '{}', true, now(), now())`,
          [org, id, protocol, settings],
        );
      }
      for (const [connection, subject, at] of [
        [oidc, 'r-1', '2026-01-01'],
        [oidc, 'r-2', '2026-01-02'],
        [saml, 'rosa@acme.example', '2026-01-03'],
        [saml, 'p-1', '2026-01-01'],
      ]) {
        await client.query(
          `insert into sso_subject (org_id, connection_id, subject, user_id, created_at) values ($1, $2, $3, $4, $5)`,
          [org, connection, subject, rosa, at],
        );
      }
    });
    await databases.migrateAsOrdinaryOwner(url, migrations.slice(0, first + 1));
    const { rows } = await withClient(url, (client) =>
      client.query('select subject, exclusive from sso_subject order by subject'),
    );
    expect(rows).toEqual([
      { subject: 'p-1', exclusive: true },
      { subject: 'r-1', exclusive: false },
      { subject: 'r-2', exclusive: true },
      { subject: 'rosa@acme.example', exclusive: false },
    ]);
  });

  test('numbers consents and activations that were there in the order of their times', async () => {
    const url = await databases.createEmpty();
    const first = migrations.findIndex((Migration) => new Migration().name.startsWith('NewestByNumber'));
    await databases.migrateAsOrdinaryOwner(url, migrations.slice(0, first));
    const org = uuid();
    const consent = (at: string): string =>
      `insert into privacy_consent (org_id, id, toggle, was_enabled, enabled, actor_kind, actor_id, actor_email,
         request_id, created_at)
       values ('${org}', gen_random_uuid(), 'ai_clustering', true, true, 'member', '', '', '', '${at}')`;
    const connection = (name: string, at: string): string =>
      `insert into sso_connection (org_id, id, name, provider_name, protocol, state, provisioning, ceiling,
         speaks_for_all, activated_at, created_at, updated_at)
       values ('${org}', gen_random_uuid(), '${name}', '${name}', 1, 2, '{}', '{}', true, ${at}, now(), now())`;
    await withClient(url, async (client) => {
      await client.query(`insert into organization (id, name) values ($1, 'Old')`, [org]);
      for (const at of ['2026-01-02', '2026-01-01']) await client.query(consent(at));
      for (const [name, at] of [
        ['b', `'2026-01-02'`],
        ['a', `'2026-01-01'`],
        ['never', 'null'],
      ] as const)
        await client.query(connection(name, at));
    });
    await databases.migrateAsOrdinaryOwner(url, migrations.slice(0, first + 1));
    await withClient(url, async (client) => {
      await client.query(consent('2025-01-01'));
      const consents = await client.query(
        `select to_char(created_at, 'YYYY-MM-DD') as at from privacy_consent order by seq`,
      );
      expect(consents.rows.map(({ at }: { at: string }) => at)).toEqual([
        '2026-01-01',
        '2026-01-02',
        '2025-01-01',
      ]);
      const connections = await client.query('select name, activation from sso_connection order by name');
      expect(connections.rows).toEqual([
        { name: 'a', activation: 1 },
        { name: 'b', activation: 2 },
        { name: 'never', activation: null },
      ]);
    });
  });

  test('keeps how far a running campaign has come', async () => {
    const url = await databases.createEmpty();
    const first = migrations.findIndex((Migration) =>
      new Migration().name.startsWith('ReferencesOfTheLedger'),
    );
    await databases.migrateAsOrdinaryOwner(url, migrations.slice(0, first));
    const org = uuid();
    await withClient(url, async (client) => {
      await client.query('set session_replication_role = replica');
      await client.query(
        `insert into campaign_run (org_id, campaign_id, step_id, entered_at, cursor)
         select $1, gen_random_uuid(), 'send', now(), cursor from unnest(array[0, 2000]) cursor`,
        [org],
      );
    });
    await databases.migrateAsOrdinaryOwner(url, migrations.slice(0, first + 1));
    await withClient(url, async (client) => {
      const { rows } = await client.query('select done from campaign_run order by done');
      expect(rows).toEqual([{ done: '{}' }, { done: '{[0,2001)}' }]);
    });
  });

  test('leads to the schema under review: run jest with -u after a deliberate change', async () => {
    const database = await cloneDatabase();
    const schema = await withClient(database.ownerUrl, describeSchema);
    await database.drop();
    expect(schema).toMatchSnapshot();
  });
});

describe('the rights of the server', () => {
  test('are given as a whole or not at all', async () => {
    const database = await cloneDatabase();
    try {
      await database.query('create table note (id int)');
      await database.query('drop table privacy_consent');
      const granting = withClient(database.ownerUrl, (owner) => grantAppRole(owner, appRole));
      await expect(granting).rejects.toThrow('privacy_consent');
      const [right] = await database.query(
        `select has_table_privilege('${appRole}', 'note', 'select, insert, update, delete') as held`,
      );
      expect(right).toEqual({ held: false });
    } finally {
      await database.drop();
    }
  });
});

describe('the server does not start', () => {
  async function refusal(prepare: (database: TestDatabase) => Promise<TestDatabase>): Promise<string> {
    const database = await cloneDatabase();
    try {
      return await startTestServer({ database: await prepare(database) }).then(
        async (started) => {
          await started.stop();
          throw new Error('The server started.');
        },
        (error: unknown) => (error as Error).message,
      );
    } finally {
      await database.drop();
    }
  }

  test.each([
    'alter table member no force row level security',
    'alter table member disable row level security',
  ])('on a database where somebody ran: %s', async (sabotage) => {
    const message = await refusal(async (database) => {
      await database.query(sabotage);
      return database;
    });
    expect(message).toContain(
      'Table member has no forced row-level security. As its owner, run "alter table',
    );
  });

  test('on a new tenant table that is not protected', async () => {
    const message = await refusal(async (database) => {
      await database.query('create table invoice (org_id uuid, id uuid, primary key (org_id, id))');
      return database;
    });
    expect(message).toContain('Table invoice has no forced row-level security.');
  });

  test('as the owner of the tables', async () => {
    const message = await refusal((database) => Promise.resolve({ ...database, appUrl: database.ownerUrl }));
    expect(message).toContain('the server must not run as their owner');
  });
});
