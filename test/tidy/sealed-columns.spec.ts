import { beforeAll, describe, expect, test } from '@jest/globals';
import { sealedColumns, sealedJobs } from '../../src/platform/sealed-columns/index.js';
import { cloneDatabase } from '../support/test-database.js';
import { sources } from './sources.js';

/** Other columns of bytes: hashes, and bodies that are not secret. */
const notSealed =
  /(?:_|\.)(?:hash|check|fingerprint|digest|body|credential_id|public_key|code_challenge|subject)$/;
/** Where values are sealed that no row holds: tokens in the hands of clients. */
const ofTokens = ['libs/secret/src/sealed-token.ts', 'src/platform/sealed-columns/reseal.ts'];

let columns: { name: string; type: string }[];
let bytes: string[];
let registered: string[];

beforeAll(async () => {
  // Declares what every module seals.
  await import('../../src/app.module.js');
  registered = sealedColumns().map(({ table, column }) => `${table}.${column}`);
  const database = await cloneDatabase();
  columns = await database.query(
    `select table_name || '.' || column_name as name, data_type as type from information_schema.columns
      where table_schema = 'public' order by 1`,
  );
  await database.drop();
  bytes = columns.filter(({ type }) => type === 'bytea').map(({ name }) => name);
}, 60_000);

const sealing = () =>
  sources().filter(
    ({ path, text }) =>
      !path.endsWith('.spec.ts') &&
      /^(src|libs)\//.test(path) &&
      /\benvelope\.seal\(/.test(text) &&
      !ofTokens.includes(path),
  );

describe('what is sealed again when the master key changes', () => {
  test('is every column of bytes that is sealed', () => {
    const sealed = bytes.filter((name) => !notSealed.test(name));
    expect(sealed).toEqual([...registered].sort());
    expect(bytes.filter((name) => /\bsealed/.test(name) && notSealed.test(name))).toEqual([]);
  });

  test('is declared once, with columns that exist', () => {
    expect(new Set(registered).size).toBe(registered.length);
    const known = new Set(columns.map(({ name }) => name));
    const places = sealedColumns().flatMap(({ table, places }) => places.map((place) => `${table}.${place}`));
    expect(places.filter((place) => !known.has(place))).toEqual([]);
  });

  test('is bound by what was declared, wherever code seals', () => {
    const files = sealing();
    expect(files.length).toBeGreaterThan(15);
    const undeclared = files.filter(({ text }) => {
      const declared = [...text.matchAll(/const (\w+) = sealed(?:Column|Job)\(/g)].map(([, name]) => name);
      const bound = [...text.matchAll(/\.seal\((?:[^()]|\([^()]*\))*?,\s*(\w+)\(/g)].map(([, name]) => name);
      const calls = [...text.matchAll(/\benvelope\.seal\(/g)].length;
      const isImported = /import \{[^}]*\bsealContext\b[^}]*\} from/.test(text);
      return bound.length !== calls || bound.some((name) => !isImported && !declared.includes(name));
    });
    expect(undeclared.map(({ path }) => path)).toEqual([]);
  });

  test('is what jobs carry sealed', () => {
    const enqueued = sources()
      .filter(({ path, text }) => path.startsWith('src/') && /payload: \{ id, sealed/.test(text))
      .flatMap(({ text }) =>
        [...text.matchAll(/task: (\w+), payload: \{ id, sealed/g)].map(([, task]) => task),
      );
    expect(enqueued).toHaveLength(sealedJobs().length);
    const tasks = sealedJobs().map(({ task }) => task);
    expect(tasks.sort()).toEqual(['accounts.deliver_link', 'auth.deliver_code', 'mail.send']);
  });
});
