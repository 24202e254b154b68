import type { Client } from 'pg';

const parts = {
  columns: `select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
                   || case when a.attnotnull then ' not null' else '' end
                   || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') as line
              from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
              left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`,
  // Not-null constraints have rows of their own only in newer releases of PostgreSQL; the columns tell.
  constraints: `select conrelid::regclass || '.' || conname || ' ' || pg_get_constraintdef(oid) as line
                  from pg_constraint where connamespace = 'public'::regnamespace and contype <> 'n'`,
  indexes: `select indexdef as line from pg_indexes where schemaname = 'public'`,
  policies: `select tablename || '.' || policyname || ' ' || permissive || ' ' || cmd || ' to ' || array_to_string(roles, ',')
                    || coalesce(' using ' || qual, '') || coalesce(' with check ' || with_check, '') as line
               from pg_policies where schemaname = 'public'`,
  rowSecurity: `select relname || case when relforcerowsecurity then ' forced' else ' not forced' end as line from pg_class
                 where relnamespace = 'public'::regnamespace and relrowsecurity`,
  triggers: `select pg_get_triggerdef(oid) as line
               from pg_trigger where not tgisinternal and tgrelid::regclass::text not like 'graphile_worker.%'`,
  functions: `select proname || '(' || pg_get_function_arguments(oid) || ') '
                     || case when prosecdef then 'definer ' else '' end || provolatile::text as line
                from pg_proc where pronamespace = 'public'::regnamespace`,
  rights: `select table_name || ' ' || string_agg(privilege_type, ' ' order by privilege_type) as line
             from information_schema.role_table_grants
            where grantee = 'dovecote_app' and table_schema = 'public' group by table_name`,
  // Where a right is for some columns only.
  columnRights: `select c.relname || '.' || a.attname || ' ' || string_agg(g.privilege_type, ' ' order by g.privilege_type) as line
                   from pg_class c join pg_attribute a on a.attrelid = c.oid, aclexplode(a.attacl) g
                  where g.grantee = 'dovecote_app'::regrole and c.relnamespace = 'public'::regnamespace
                  group by c.relname, a.attname`,
} as const;

/** The whole schema as sorted lines, so that a change reads as such in review. */
export async function describeSchema(client: Client): Promise<Record<keyof typeof parts, string[]>> {
  const described: Record<string, string[]> = {};
  for (const [part, sql] of Object.entries(parts)) {
    const { rows } = await client.query<{ line: string }>(sql);
    described[part] = rows.map(({ line }) => line).sort();
  }
  // Built from the keys of `parts`.
  return described;
}
