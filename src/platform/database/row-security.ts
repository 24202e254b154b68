import type { Database } from './database.js';
import type { Obstacle } from './obstacle.js';
import { statement } from './statement.js';

const unprotected = statement(
  'row_security.unprotected',
  `select c.relname as table from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p')
      and (c.relname = 'organization' or exists
        (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped))
      and not (c.relrowsecurity and c.relforcerowsecurity)`,
);

const role = statement(
  'row_security.role',
  `select r.rolname as name, r.rolsuper or r.rolbypassrls as bypasses,
          exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                   where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relowner = r.oid) as owns
     from pg_roles r where r.rolname = current_user`,
);

/** What would let one tenant see another; empty when PostgreSQL enforces tenancy. */
export async function rowSecurityDefects(database: Database): Promise<Obstacle[]> {
  return database.transaction({}, async (tx) => {
    const tables = await tx.query<{ table: string }>(unprotected);
    const current = await tx.queryOne<{ name: string; bypasses: boolean; owns: boolean }>(role);
    const defects = tables.map(({ table }) => defectOfTable(table));
    if (current?.bypasses) defects.push(defectOfRole(`Role ${current.name} bypasses row-level security.`));
    if (current?.owns)
      defects.push(defectOfRole(`Role ${current.name} owns tables; the server must not run as their owner.`));
    return defects;
  });
}

function defectOfTable(table: string): Obstacle {
  return {
    subject: 'tenancy',
    text: `Table ${table} has no forced row-level security.`,
    advice: `As its owner, run "alter table ${table} enable row level security, force row level security".`,
  };
}

function defectOfRole(text: string): Obstacle {
  const advice = 'Serve as a role that owns no table and has neither SUPERUSER nor BYPASSRLS.';
  return { subject: 'tenancy', text, advice };
}
