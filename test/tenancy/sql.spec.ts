import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { v7 as uuid } from 'uuid';
import { cloneDatabase, type TestDatabase } from '../support/test-database.js';
import { Attacker, insufficientPrivilege, type Outcome } from './attacker.js';
import { openPolicies } from './open-policies.js';
import { canary, harmless, refusedWith } from './outcomes.js';
import { insertRow, plantRows, type TenantTable, tenantTables } from './tenant-tables.js';

let database: TestDatabase;
let tables: TenantTable[];
let acme: string;
let other: string;
let attacker: Attacker;

beforeAll(async () => {
  database = await cloneDatabase();
  tables = await tenantTables(database);
  acme = await organization(canary);
  other = await organization('Other');
  await plantRows(database, tables, acme, canary);
  await plantRows(database, tables, other, 'other');
  await database.query('analyze');
  attacker = await Attacker.connect(database);
});
afterAll(async () => {
  await attacker?.end();
  await database?.drop();
});

async function organization(name: string): Promise<string> {
  const id = uuid();
  await database.query('insert into organization (id, name) values ($1, $2)', [id, name]);
  return id;
}

/** Sentences for whatever an attack of every table as Other got hold of. */
async function breaches(attack: (table: TenantTable) => Promise<string | undefined>): Promise<string[]> {
  const found: string[] = [];
  for (const table of tables) {
    const breach = await attacker.asTenant(other, () => attack(table));
    if (breach) found.push(`${table.name}: ${breach}`);
  }
  return found;
}

test('the attacks see every table', () => {
  expect(tables.length).toBeGreaterThan(15);
  expect(tables.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['organization', 'member', 'delivery', 'audit_event']),
  );
});

describe('the schema', () => {
  test('forces row-level security on every tenant table', () => {
    expect(tables.filter(({ forced }) => !forced).map(({ name }) => name)).toEqual([]);
  });

  test('leads every primary key with org_id', () => {
    const wrong = tables.filter(({ primaryKey, tenantColumn }) => primaryKey?.[0] !== tenantColumn);
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test('leads every unique key with org_id, so that a conflict tells nothing about others', async () => {
    const keys = await database.query<{ key: string }>(`
      select i.indexrelid::regclass::text as key
        from pg_index i join pg_class c on c.oid = i.indrelid
        join pg_attribute o on o.attrelid = c.oid and o.attname = 'org_id'
       where i.indisunique and c.relnamespace = 'public'::regnamespace and i.indkey[0] <> o.attnum`);
    // Who can offer the hash of a key, or of a link's token, holds it; short codes and names of providers are public, and
    // random. Ids and numbers of projects, and of heat maps, are made by the server. A proven domain is told to who proves it, too, alone.
    expect(keys.map(({ key }) => key).sort()).toEqual([
      'api_key_hash_key',
      'board_share_token_key',
      'campaign_short_code_key',
      'heatmap_number_key',
      'invite_link_token_key',
      'project_id_key',
      'project_key_hash_key',
      'project_number_key',
      'sso_connection_provider_key',
      'sso_domain_owner_key',
    ]);
  });

  test('carries org_id in every reference between tenants’ tables', async () => {
    const references = await database.query<{ name: string }>(`
      select f.conrelid::regclass || '.' || f.conname as name
        from pg_constraint f
        join pg_attribute a on a.attrelid = f.conrelid and a.attname = 'org_id'
        join pg_attribute b on b.attrelid = f.confrelid and b.attname = 'org_id'
       where f.contype = 'f' and not (a.attnum = any (f.conkey) and b.attnum = any (f.confkey))`);
    expect(references).toEqual([]);
  });

  test('opens a table beyond the tenant only where it is meant to', async () => {
    const policies = await database.query<{ policy: string }>(
      `select tablename || '.' || policyname || ' ' || lower(cmd) as policy from pg_policies
        where schemaname = 'public' and policyname <> 'tenant' order by 1`,
    );
    expect(policies.map(({ policy }) => policy)).toEqual(openPolicies);
  });

  test('has no view and two functions that run with the rights of their owner: they delete sandboxes and old salts, whole', async () => {
    const definers = await database.query(
      `select proname from pg_proc where prosecdef and pronamespace = 'public'::regnamespace order by 1`,
    );
    const views = await database.query(
      `select relname from pg_class where relkind in ('v', 'm') and relnamespace = 'public'::regnamespace`,
    );
    expect([definers, views]).toEqual([
      [{ proname: 'forget_cookieless_salts' }, { proname: 'purge_sandbox' }],
      [],
    ]);
  });
});

describe('the role of the server', () => {
  test('is no superuser, bypasses nothing, belongs to no other role', async () => {
    const [role] = await database.query(
      `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
              exists (select from pg_auth_members where member = r.oid) as member_of
         from pg_roles r where rolname = 'dovecote_app'`,
    );
    expect(new Set(Object.values(role as object))).toEqual(new Set([false]));
  });

  test('owns nothing', async () => {
    const owned = await database.query(`
      select 'relation ' || relname from pg_class where relowner = 'dovecote_app'::regrole
      union all select 'function ' || proname from pg_proc where proowner = 'dovecote_app'::regrole
      union all select 'schema ' || nspname from pg_namespace where nspowner = 'dovecote_app'::regrole
      union all select 'database ' || datname from pg_database where datdba = 'dovecote_app'::regrole`);
    expect(owned).toEqual([]);
  });

  test.each([
    'set role $owner',
    'set session authorization $owner',
    'alter role dovecote_app bypassrls',
    'create role accomplice superuser',
    'create table public.loot (id int)',
    `create function public.loot() returns int language sql security definer as 'select 1'`,
    'create view public.loot as select * from member',
    'create schema loot',
    `select pg_read_file('PG_VERSION')`,
    `copy (select 1) to program 'true'`,
    `copy (select 1) to '/tmp/loot'`,
    'select * from pg_authid',
    'select * from pg_statistic',
    'set session_replication_role = replica',
    'update schema_migration set name = name',
  ])('may not: %s', async (sql) => {
    const attack = sql.replace('$owner', new URL(database.ownerUrl).username);
    expect(
      refusedWith(await attacker.asTenant(other, () => attacker.attempt(attack)), insufficientPrivilege),
    ).toBeUndefined();
  });

  test('learns no values from the planner’s statistics', async () => {
    const { rows } = await attacker.client.query(
      `select tablename from pg_stats where schemaname = 'public'`,
    );
    const readable = rows.map(({ tablename }: { tablename: string }) => tablename);
    expect(tables.map(({ name }) => name).filter((name) => readable.includes(name))).toEqual([]);
  });
});

describe('without an organization', () => {
  async function visible(orgId: string | undefined): Promise<string[]> {
    const seen: string[] = [];
    for (const { name } of tables) {
      const outcome = await attacker.asTenant(orgId, () => attacker.attempt(`select * from ${name}`));
      if (harmless(outcome)) seen.push(name);
    }
    return seen;
  }

  test('nothing is visible on a fresh connection', async () => {
    await attacker.end();
    attacker = await Attacker.connect(database);
    expect(await visible(undefined)).toEqual([]);
  });

  test('nothing is visible after the setting has been used and is empty again', async () => {
    await attacker.asTenant(acme, () => attacker.attempt('select 1'));
    expect(await visible(undefined)).toEqual([]);
    expect(await visible('')).toEqual([]);
  });

  test('nonsense in place of an organization is refused', async () => {
    const outcome = await attacker.asTenant('*', () => attacker.attempt('select * from member'));
    expect(refusedWith(outcome, '22P02')).toBeUndefined();
  });

  test('an unknown API key, person, short code or invite token shows no row', async () => {
    const outcome = await attacker.asTenant(undefined, async () => {
      await attacker.client.query(`select set_config('app.api_key_hash', $1, true)`, ['00'.repeat(32)]);
      await attacker.client.query(`select set_config('app.identity_id', $1, true)`, [uuid()]);
      await attacker.client.query(`select set_config('app.lookup', 'short_code:Ab12Cd34', true)`);
      return attacker.attempt(`select id from api_key union all select id from member union all select id from role
                      union all select campaign_id from campaign_short_code`);
    });
    expect(outcome).toMatchObject({ count: 0 });
    const link = await attacker.asTenant(undefined, async () => {
      await attacker.client.query(`select set_config('app.lookup', $1, true)`, [
        `invite_link:${'00'.repeat(32)}`,
      ]);
      return attacker.attempt('select id from invite_link');
    });
    expect(link).toMatchObject({ count: 0 });
  });
});

describe('rows of another organization', () => {
  test('are not read', async () => {
    expect(
      await breaches(async ({ name, tenantColumn }) => {
        const everything = await attacker.attempt(`select * from ${name}`);
        if (JSON.stringify(everything).includes(canary)) return 'shown';
        return harmless(await attacker.attempt(`select * from ${name} where ${tenantColumn} = $1`, [acme]));
      }),
    ).toEqual([]);
  });

  test('are not counted, joined or told apart by an error', async () => {
    expect(
      await breaches(async ({ name, tenantColumn }) => {
        // A number where TypeORM is loaded, which changes how pg reads counts in the whole process.
        const [count] = (
          (await attacker.attempt(`select count(*) from ${name}`)) as { rows: { count: string | number }[] }
        ).rows;
        if (String(count?.count) !== '1') return `counts ${count?.count}`;
        // A condition that fails on other tenants' rows would tell that they are there, if it ever met them.
        const probe = `select 1 / (case when ${tenantColumn} = $1 then 0 else 1 end) from ${name}`;
        const outcome = await attacker.attempt(probe, [acme]);
        return 'refused' in outcome ? outcome.message : undefined;
      }),
    ).toEqual([]);
  });

  test('are not updated, by whatever condition', async () => {
    expect(
      await breaches(async ({ name, tenantColumn }) => {
        const set = `update ${name} set ${tenantColumn} = ${tenantColumn}`;
        const outcome = await attacker.attempt(`${set} where ${tenantColumn} = $1 returning *`, [acme]);
        return harmless(outcome);
      }),
    ).toEqual([]);
  });

  test('are not taken over, nor given away', async () => {
    expect(
      await breaches(async ({ name, tenantColumn }) => {
        const outcome = await attacker.attempt(`update ${name} set ${tenantColumn} = $1`, [acme]);
        return refusedWith(outcome, insufficientPrivilege);
      }),
    ).toEqual([]);
  });

  test('are not deleted', async () => {
    expect(
      await breaches(async ({ name, tenantColumn }) =>
        harmless(
          await attacker.attempt(`delete from ${name} where ${tenantColumn} = $1 returning *`, [acme]),
        ),
      ),
    ).toEqual([]);
  });

  test('are not inserted, not even where they would conflict', async () => {
    expect(
      await breaches(async (table) => {
        for (const tail of ['', ' returning *', ' on conflict do nothing']) {
          await attacker.client.query('savepoint attack');
          const outcome = await attacker.attempt(`${insertRow(table, 'other')}${tail}`, [acme]);
          const breach = refusedWith(outcome, insufficientPrivilege);
          if (breach) return breach;
          await attacker.client.query('rollback to attack');
        }
        return undefined;
      }),
    ).toEqual([]);
  });

  test('are not copied out, nor in', async () => {
    const copied: string[] = [];
    let own = 0;
    const { connection } = attacker.client as unknown as { connection: NodeJS.EventEmitter };
    const listen = ({ chunk }: { chunk: Buffer }): void => void copied.push(chunk.toString());
    connection.on('copyData', listen);
    const found = await breaches(async ({ name }) => {
      await attacker.client.query('savepoint attack');
      await attacker.attempt(`copy ${name} to stdout`);
      own += copied.length;
      if (copied.splice(0).some((row) => row.includes(canary) || row.includes(acme))) return 'copied';
      await attacker.client.query('rollback to attack');
      // 0A000: PostgreSQL does not copy into tables under row-level security at all.
      return refusedWith(await attacker.attempt(`copy ${name} from stdin`), '0A000', insufficientPrivilege);
    });
    connection.off('copyData', listen);
    expect(found).toEqual([]);
    // The attack works: it brought out what belongs to the attacker.
    expect(own).toBe(tables.length);
  });

  test('are not referenced: a row that exists elsewhere is as unknown as one that does not', async () => {
    const [role] = await database.query<{ id: string }>('select id from role where org_id = $1', [acme]);
    const assign = (id: string | undefined) =>
      attacker.asTenant(other, () => attacker.attempt('update member set role_id = $1', [id]));
    const [theirs, nobodys] = [await assign(role?.id), await assign(uuid())];
    expect(theirs).toMatchObject({ refused: '23503' });
    const masked = (outcome: Outcome) => JSON.stringify(outcome).replaceAll(/[0-9a-f-]{36}/g, 'id');
    expect(masked(theirs)).toBe(masked(nobodys));
  });

  test.each([
    'alter table %s disable row level security',
    'alter table %s no force row level security',
    'alter table %s owner to dovecote_app',
    'create policy loot on %s using (true)',
    'drop policy tenant on %s',
    'truncate %s',
    'drop table %s',
    'create trigger loot after insert on %s execute function tsvector_update_trigger()',
  ])('are not laid open by: %s', async (sql) => {
    expect(
      await breaches(async ({ name }) => {
        return refusedWith(await attacker.attempt(sql.replace('%s', name)), insufficientPrivilege);
      }),
    ).toEqual([]);
  });

  test('are not laid open by turning row security off for the session', async () => {
    expect(
      await breaches(async ({ name }) => {
        await attacker.client.query('set local row_security = off');
        return refusedWith(await attacker.attempt(`select * from ${name}`), insufficientPrivilege);
      }),
    ).toEqual([]);
  });
});

describe('the audit trail', () => {
  test.each([
    'update audit_event set metadata = metadata',
    'delete from audit_event',
    'update audit_chain set hash = hash',
    'delete from audit_chain',
    'update privacy_consent set enabled = not enabled',
    `update privacy_consent set actor_email = 'somebody else'`,
    'delete from privacy_consent',
  ])('is not edited even by its own organization: %s', async (sql) => {
    expect(
      refusedWith(await attacker.asTenant(acme, () => attacker.attempt(sql)), insufficientPrivilege),
    ).toBeUndefined();
  });

  test('loses no event on its way into the chain', async () => {
    const append = `insert into audit_event (org_id, id, event_type, actor_kind) values ($1, gen_random_uuid(), 'X', 'member')`;
    const left = await attacker.asTenant(acme, async () => {
      await attacker.attempt(append, [acme]);
      const cleared = await attacker.attempt('delete from audit_backlog');
      return [cleared, await attacker.attempt('select from audit_backlog')];
    });
    expect(left).toMatchObject([{ count: 0 }, { count: 1 }]);
  });

  test('is queued by nobody else', async () => {
    const foreign = `insert into audit_backlog (organization_id, event_id) values ($1, gen_random_uuid())`;
    const outcome = await attacker.asTenant(other, () => attacker.attempt(foreign, [acme]));
    expect(refusedWith(outcome, insufficientPrivilege)).toBeUndefined();
  });
});
