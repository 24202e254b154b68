import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { constraintErrors, declaredConstraints } from '../../src/platform/errors/constraint-errors.js';
import { alreadyExists } from '../../src/platform/errors/index.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;

beforeAll(async () => {
  s = await startTestServer();
});
afterAll(() => s?.stop());

test('every constraint whose meaning a module declares exists in the migrated database', async () => {
  const rows = await s.database.query<{ name: string }>(
    `select conname as name from pg_constraint
     union select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid where i.indisunique`,
  );
  const existing = new Set(rows.map(({ name }) => name));
  const declared = declaredConstraints();
  expect(declared.length).toBeGreaterThan(15);
  expect(declared.filter((name) => !existing.has(name))).toEqual([]);
});

test('a meaning is declared once', () => {
  const twice = { member_email_key: () => alreadyExists('TWICE', 'Twice.') };
  expect(() => constraintErrors(twice)).toThrow('member_email_key is declared twice');
});
