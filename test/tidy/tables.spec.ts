import { beforeAll, describe, expect, test } from '@jest/globals';
import { cloneDatabase } from '../support/test-database.js';
import { placeOf, type Source, sources } from './sources.js';
import { entityTables, sourceUses } from './source-statements.js';
import { type TableUse, type Use, usesOf } from './statement-tables.js';
import { functions, type Table, tables } from './tables.js';

const program = sources().filter(({ path }) => /^src\/.*\.ts$/.test(path) && !path.endsWith('.spec.ts'));
const entities = entityTables(program);
const kinds = ['reads', 'locks', 'writes'] as const;

interface Found {
  readonly table: string;
  readonly use: Use;
  readonly place: string;
  readonly path: string;
}

let migrated: string[];
let bodies: { name: string; body: string }[];
let everything: Found[];

beforeAll(async () => {
  const database = await cloneDatabase();
  const named = await database.query<{ name: string }>(
    `select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm') order by 1`,
  );
  migrated = named.map(({ name }) => name);
  bodies = await database.query(
    `select proname as name, prosrc as body from pg_proc where pronamespace = 'public'::regnamespace`,
  );
  await database.drop();
  everything = [...inFiles(program), ...inFunctions()];
});

/** What files do to the tables of the migrated database. */
function inFiles(files: readonly Source[]): Found[] {
  return files.flatMap((file) => found(sourceUses(file, entities), placeOf(file.path), file.path));
}

/** The same of its functions, in the name of their owners. */
function inFunctions(): Found[] {
  return bodies.flatMap(({ name, body }) =>
    found(usesOf(body), functions[name] ?? 'nobody', `function ${name}`),
  );
}

function found(uses: readonly TableUse[], place: string, path: string): Found[] {
  return uses
    .filter(({ name, use }) => use !== 'calls' && migrated.includes(name))
    .map(({ name: table, use }) => ({ table, use, place, path }));
}

/** Uses of tables that the list does not grant, one line each. */
function notListed(uses: readonly Found[]): string[] {
  const lines = uses.flatMap(({ table, use, place, path }) => {
    const listed: Table | undefined = tables[table];
    if (use === 'calls' || listed?.owner === place || listed?.[use]?.[place]) return [];
    // Whoever may write may look at what is written, and lock it.
    if (use !== 'writes' && (listed?.writes?.[place] || (use === 'reads' && listed?.locks?.[place])))
      return [];
    return [`${path} ${use} ${table} of ${listed?.owner ?? 'nobody'}`];
  });
  return [...new Set(lines)].sort();
}

describe('every table', () => {
  test('of the migrated database has one owner', () => {
    expect(Object.keys(tables).sort()).toEqual(migrated);
    const places = new Set(program.map(({ path }) => placeOf(path)));
    expect(Object.values(tables).filter(({ owner }) => !places.has(owner))).toEqual([]);
  });

  test('is read, locked and written by its owner, and by others only for a reason on the list', () => {
    expect(notListed(everything)).toEqual([]);
  });

  test('is used by everybody whom the list names', () => {
    const idle = Object.entries(tables).flatMap(([table, listed]) =>
      kinds.flatMap((kind) =>
        Object.keys(listed[kind] ?? {})
          .filter(
            (place) =>
              !everything.some((one) => one.table === table && one.use === kind && one.place === place),
          )
          .map((place) => `${place} no longer ${kind} ${table}`),
      ),
    );
    expect(idle).toEqual([]);
  });

  test('has its owner to itself in ever more cases: these numbers only fall', () => {
    const with_ = (kind: (typeof kinds)[number]): number =>
      Object.values(tables).filter((listed) => Object.keys(listed[kind] ?? {}).length > 0).length;
    const shared = Object.values(tables).filter((listed) => kinds.some((kind) => listed[kind])).length;
    expect({
      tables: migrated.length,
      shared,
      writtenByOthers: with_('writes'),
      lockedByOthers: with_('locks'),
    }).toEqual({ tables: 120, shared: 28, writtenByOthers: 3, lockedByOthers: 5 });
  });
});

test('every function has an owner, in whose name it uses tables', () => {
  const using = bodies.filter(({ body }) => usesOf(body).some(({ name }) => migrated.includes(name)));
  expect(Object.keys(functions).sort()).toEqual(using.map(({ name }) => name).sort());
});

describe('a statement on a foreign table is seen', () => {
  test.each([
    ['in a join', 'select 1 from role r join sso_login l on l.org_id = r.org_id', 'reads sso_login'],
    ['in a list of tables', 'select 1 from role r, lateral (select 1) x, sso_login l', 'reads sso_login'],
    ['in a subquery', 'select 1 from role where id in (select id from sso_login)', 'reads sso_login'],
    ['in parentheses', 'select 1 from (role r join sso_login l on true)', 'reads sso_login'],
    ['behind with', 'with gone as (delete from sso_login returning id) select from gone', 'writes sso_login'],
    ['that goes along', 'delete from role r using sso_login l where l.id = r.id', 'reads sso_login'],
    ['inserted into', 'insert into sso_login (org_id) values ($1)', 'writes sso_login'],
    ['updated', 'update sso_login set email = $1', 'writes sso_login'],
    ['that updates by another', 'update role set name = l.email from sso_login l', 'reads sso_login'],
    ['locked as a table', 'lock table sso_login in share mode', 'locks sso_login'],
    [
      'locked by its alias',
      'select from role r join sso_login l on true for no key update of l',
      'locks sso_login',
    ],
    ['locked without a name', 'select id from sso_login where id = $1 for update', 'locks sso_login'],
    ['put together', 'from ${given} join sso_login l on true', 'reads sso_login'],
    ['in part of a statement', 'from sso_login l where l.org_id = $1', 'reads sso_login'],
  ])('%s', (_where, statement, expected) => {
    const planted = { path: 'src/modules/people/role/planted.store.ts', text: `const a = \`${statement}\`;` };
    expect(notListed(inFiles([planted]))).toContain(`${planted.path} ${expected} of signin/sso-login`);
  });

  test('that is put together from another', () => {
    const text =
      "const find = statement('a', 'select 1 from sso_login'); const lock = statement('b', `${find.text} for update`);";
    const planted = { path: 'src/modules/people/role/planted.store.ts', text };
    expect(notListed(inFiles([planted]))).toContain(`${planted.path} locks sso_login of signin/sso-login`);
  });

  test('through an entity and its relations', () => {
    const text = `await entities.update(ApiKeyEntity, { id }, { name }); entities.find(RoleEntity, { relations: { member: true } });`;
    const planted = { path: 'src/modules/people/role/planted.store.ts', text };
    expect(notListed(inFiles([planted]))).toEqual([`${planted.path} writes api_key of people/api-key`]);
  });

  test.each([
    ['a name that `with` gives', 'with sso_login as (select 1) select from sso_login'],
    ['a part of a time', 'select extract(epoch from session) as seconds from role'],
    ['a comparison', 'select 1 from role where name is distinct from session'],
    [
      'what happens on a conflict',
      'insert into role (id) values ($1) on conflict do update set name = session.name',
    ],
    ['what stands in quotes', `select 'from session' from role -- from session`],
  ])('and %s is none', (_what, statement) => {
    const path = 'src/modules/people/role/planted.store.ts';
    expect(notListed(inFiles([{ path, text: `const a = ${JSON.stringify(statement)};` }]))).toEqual([]);
  });
});
