import { beforeAll, expect, test } from '@jest/globals';
import { cloneDatabase } from '../support/test-database.js';
import { notErased, notExported } from './personal-data.js';
import { placeOf, sources } from './sources.js';
import { sourceUses } from './source-statements.js';
import { tables } from './tables.js';

const contributions = sources().filter(({ path }) => path.endsWith('/personal-data.store.ts'));

/** Names of columns that say who somebody is, without referring to a row. */
const telling =
  '(^|_)(user|member|identity|person|actor|manager|owner)(_id)?$|(^|_)(email|recipient|user_name|address|client|device_name|phone)$|_by$';

let personal: { name: string; columns: string[] }[];

beforeAll(async () => {
  const database = await cloneDatabase();
  personal = await database.query(
    `select c.relname as name, array_agg(a.attname::text order by a.attname) as columns
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and (a.attname ~ $1 or exists (
          select from pg_constraint f where f.conrelid = c.oid and f.contype = 'f' and a.attname <> 'org_id'
             and f.confrelid in ('member'::regclass, 'identity'::regclass) and a.attnum = any (f.conkey)))
      group by c.relname order by c.relname`,
    [telling],
  );
  await database.drop();
});

/** Tables that the contribution of their owner reads, or writes. */
function contributed(use: 'reads' | 'writes'): string[] {
  return contributions.flatMap((file) =>
    sourceUses(file, new Map())
      .filter(({ name, use: its }) => its === use && placeOf(file.path) === tables[name]?.owner)
      .map(({ name }) => name),
  );
}

/** Tables with a person's columns that nothing says anything about, and reasons that are none any more. */
function unexplained(use: 'reads' | 'writes', reasons: Readonly<Record<string, string>>) {
  const known = contributed(use);
  return {
    forgotten: personal.filter(({ name }) => !known.includes(name) && !reasons[name]),
    outdated: Object.keys(reasons).filter(
      (name) => known.includes(name) || !personal.some((one) => one.name === name),
    ),
  };
}

test('every table with a person’s column is exported by its owner, or there is a reason', () => {
  expect(personal.length).toBeGreaterThan(30);
  expect(unexplained('reads', notExported)).toEqual({ forgotten: [], outdated: [] });
});

test('every table with a person’s column is erased by its owner, or there is a reason', () => {
  expect(unexplained('writes', notErased)).toEqual({ forgotten: [], outdated: [] });
});

test('every contribution is registered by its module', () => {
  const modules = sources().filter(({ path }) => path.endsWith('.module.ts'));
  const unregistered = contributions.filter(({ path }) => {
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    const module = modules.find((one) => one.path.startsWith(folder));
    return !module?.text.includes('this.personalData.contribute(');
  });
  expect(contributions.length).toBeGreaterThan(10);
  expect(unregistered).toEqual([]);
});
