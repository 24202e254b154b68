import type { QueryRunner } from 'typeorm';

/**
 * Puts a table that carries `org_id` under forced row-level security: a transaction sees and writes only the
 * rows of the organization it was opened for, whoever owns the table. Further `for select` policies may be
 * added by the migration where a row must be found before its organization is known. The setting is read in a
 * subquery: once for a statement, not once for each row.
 */
export async function tenantTable(runner: QueryRunner, table: string): Promise<void> {
  await runner.query(`alter table ${table} enable row level security`);
  await runner.query(`alter table ${table} force row level security`);
  await runner.query(
    `create policy tenant on ${table} using (org_id = (select app_org_id())) with check (org_id = (select app_org_id()))`,
  );
}
