import type { Client } from 'pg';

/**
 * Row-level security is forced on the owner of the tables too. An owner that is no superuser reads all tenants for a backup
 * by a policy on each table: in its own session only, not within functions that run as the owner, and only where the
 * transaction says that it is a backup. Made where it is missing: after migrations, and for an owner who has changed.
 */
export async function ensureBackupPolicies(owner: Client): Promise<void> {
  const { rows } = await owner.query<{ table: string; role: string }>(
    `select format('%I.%I', n.nspname, c.relname) as table, current_user as role
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_roles r on r.rolname = current_user
      where n.nspname = 'public' and c.relkind = 'r' and c.relforcerowsecurity and not (r.rolsuper or r.rolbypassrls)
        and not exists
          (select from pg_policy p where p.polrelid = c.oid and p.polname = 'backup' and p.polroles = array[r.oid])`,
  );
  for (const { table, role } of rows) {
    await owner.query(`drop policy if exists backup on ${table}`);
    await owner.query(
      `create policy backup on ${table} for select to ${owner.escapeIdentifier(role)}
         using (session_user = current_user and current_setting('app.backup', true) = 'on')`,
    );
  }
}
