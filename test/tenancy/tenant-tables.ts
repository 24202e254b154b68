import type { TestDatabase } from '../support/test-database.js';

interface Column {
  name: string;
  type: string;
  required: boolean;
}

/** A table of tenants' rows, as the catalog describes it. */
export interface TenantTable {
  name: string;
  /** `org_id`; the organization's own table is keyed by `id`. */
  tenantColumn: 'org_id' | 'id';
  columns: Column[];
  primaryKey: string[];
  forced: boolean;
}

/** Every table of the schema that holds rows of tenants: a new one is attacked by existing. */
export async function tenantTables(database: TestDatabase): Promise<TenantTable[]> {
  return database.query<TenantTable>(`
    select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
           case when c.relname = 'organization' then 'id' else 'org_id' end as "tenantColumn",
           (select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null),
                                              'required', a.attnotnull and not a.atthasdef
                                                            and a.attidentity = '') order by a.attnum)
              from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
           (select json_agg(a.attname order by array_position(i.indkey::int[], a.attnum::int))
              from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
             where i.indrelid = c.oid and i.indisprimary) as "primaryKey"
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
       and (c.relname = 'organization' or exists
         (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped))
     order by c.relname`);
}

const examples: Record<string, (canary: string) => string> = {
  uuid: () => 'gen_random_uuid()',
  text: (canary) => `'${canary}-' || gen_random_uuid()`,
  bytea: (canary) => `convert_to('${canary}-' || gen_random_uuid(), 'UTF8')`,
  jsonb: (canary) => `'{"canary":"${canary}"}'::jsonb`,
  boolean: () => 'false',
  smallint: () => '1',
  integer: () => '1',
  bigint: () => '1',
  real: () => '1',
  'timestamp with time zone': () => 'now()',
  date: () => 'current_date',
  'uuid[]': () => `'{}'`,
  'smallint[]': () => `'{}'`,
  'text[]': () => `'{}'`,
};

/** Columns that hold words of ours. */
const words: Record<string, string> = {
  'audit_export.format': `'csv'`,
  'email_provider.kind': `'smtp'`,
  'privacy_request.kind': `'export'`,
  'project_key.family': `'sdk'`,
  'push_subscription.platform': `'web'`,
  'roster.kind': `'team'`,
  'sso_sp_key.status': `'next'`,
};

/** An insert of one row of the organization, with the canary in every text; $1 is the organization's id. */
export function insertRow({ name, columns, tenantColumn }: TenantTable, canary: string): string {
  const filled = columns.filter(
    ({ name: column, type, required }) => column === tenantColumn || required || type === 'text',
  );
  const values = filled.map(({ name: column, type }) => {
    if (column === tenantColumn) return '$1::uuid';
    const word = words[`${name}.${column}`];
    if (word) return word;
    const example = examples[type];
    if (!example) throw new Error(`No example is known for ${name}.${column} of type ${type}.`);
    return example(canary);
  });
  return `insert into ${name} (${filled.map(({ name: column }) => column).join(', ')}) values (${values.join(', ')})`;
}

/** Puts a row of the organization into every tenant table; references are not looked at. */
export async function plantRows(
  database: TestDatabase,
  tables: TenantTable[],
  orgId: string,
  canary: string,
): Promise<void> {
  await database.query(`set session_replication_role = replica`);
  for (const table of tables) {
    if (table.name === 'organization') continue;
    await database.query(insertRow(table, canary), [orgId]);
  }
  await database.query(`set session_replication_role = origin`);
}
