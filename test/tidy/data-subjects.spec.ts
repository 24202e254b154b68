import { beforeAll, expect, test } from '@jest/globals';
import { cloneDatabase } from '../support/test-database.js';
import { placeOf, sources } from './sources.js';
import { sourceUses } from './source-statements.js';
import { tables } from './tables.js';

/** Names of columns that hold an id of a person of a project, or events. */
const telling = '^(alias|body|distinct_ids?|external_id|profile_ids?|returning_ids|device_id|anonymous_id)$';

/** Tables of projects with such a column that no contribution erases, and why. */
const notErased: Readonly<Record<string, string>> = {
  data_export: 'the id of the person is forgotten with the files, which an erasure deletes: see eraseCopies',
  erasure_request: 'the ledger itself: forgets ids when it is confirmed, and the name after 30 days',
  ingest_batch: 'WaitingEvents takes the lines of a person out, before the analytics store is asked',
  ingest_dead_letter: 'the same',
  profile_alias: 'goes with its profile, by its foreign key',
  profile_merge: 'the same',
  property_change: 'the same',
};

let personal: string[];

beforeAll(async () => {
  const database = await cloneDatabase();
  const rows = await database.query<{ name: string }>(
    `select distinct c.relname as name
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attname ~ $1
        and exists (select from pg_attribute p where p.attrelid = c.oid and p.attname in ('project', 'project_id'))
      order by 1`,
    [telling],
  );
  personal = rows.map(({ name }) => name);
  await database.drop();
});

test('every table that names people of projects is erased by its owner, or there is a reason', () => {
  const contributions = sources().filter(({ path }) => path.endsWith('/data-subject.store.ts'));
  const erased = contributions.flatMap((file) =>
    sourceUses(file, new Map())
      .filter(({ name, use }) => use === 'writes' && placeOf(file.path) === tables[name]?.owner)
      .map(({ name }) => name),
  );
  expect(personal).toEqual(expect.arrayContaining(['profile', 'profile_alias', 'ingest_batch']));
  expect(personal.filter((name) => !erased.includes(name) && !notErased[name])).toEqual([]);
  expect(Object.keys(notErased).filter((name) => !personal.includes(name))).toEqual([]);
});

test('every contribution is registered by its module', () => {
  const modules = sources().filter(({ path }) => path.endsWith('.module.ts'));
  const contributions = sources().filter(({ path }) => path.endsWith('/data-subject.store.ts'));
  const unregistered = contributions.filter(({ path }) => {
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    return !modules.find((one) => one.path.startsWith(folder))?.text.includes('this.subjects.contribute(');
  });
  expect(contributions.length).toBeGreaterThan(0);
  expect(unregistered.map(({ path }) => path)).toEqual([]);
});
