import { tenantTables } from '../tenancy/tenant-tables.js';
import { eventually } from './eventually.js';
import type { TestDatabase } from './test-database.js';

/** Waits until the purge has been through. */
export async function untilGone(database: TestDatabase, orgId: string): Promise<void> {
  await eventually('the sandbox is gone', async () => {
    const rows = await database.query('select from organization where id = $1', [orgId]);
    return rows.length === 0;
  });
}

/** Tables with a row of the organization. */
export async function tablesHolding(database: TestDatabase, orgId: string): Promise<string[]> {
  const held: string[] = [];
  for (const { name, tenantColumn } of await tenantTables(database)) {
    const rows = await database.query(`select from ${name} where ${tenantColumn} = $1 limit 1`, [orgId]);
    if (rows.length > 0) held.push(name);
  }
  return held;
}

/** What is on record of a sandbox. */
export async function remains(
  database: TestDatabase,
  orgId: string,
): Promise<Record<string, unknown> | undefined> {
  const [row] = await database.query<Record<string, unknown>>(
    'select * from sandbox where organization_id = $1',
    [orgId],
  );
  return row;
}
