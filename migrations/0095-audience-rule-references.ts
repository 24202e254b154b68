import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** The groups, teams and roles that audience rules name: as long as a rule names them, they are not deleted. */
export class AudienceRuleReferences implements MigrationInterface {
  readonly name = 'AudienceRuleReferences1000000000095';

  async up(runner: QueryRunner): Promise<void> {
    for (const [named, keys] of [
      ['roster', ['group', 'team']],
      ['role', ['role']],
    ] as const) {
      const table = `audience_rule_${named}`;
      await runner.query(`
        create table ${table} (
          org_id uuid not null,
          rule_id uuid not null,
          ${named}_id uuid not null,
          primary key (org_id, rule_id, ${named}_id),
          constraint ${table}_rule_fkey foreign key (org_id, rule_id) references audience_rule (org_id, id)
            on delete cascade,
          constraint ${table}_${named}_fkey foreign key (org_id, ${named}_id) references ${named} (org_id, id))`);
      // Serves the deletion of what is named, and the rules that name it.
      await runner.query(`create index ${table}_${named} on ${table} (org_id, ${named}_id)`);
      await this.fill(runner, table, named, keys);
      await tenantTable(runner, table);
    }
  }

  /** What was deleted already has no row: audiences refuse rules that name it. */
  private async fill(
    runner: QueryRunner,
    table: string,
    named: string,
    keys: readonly string[],
  ): Promise<void> {
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    const tables = ['audience_rule', named];
    for (const one of tables) await runner.query(`alter table ${one} no force row level security`);
    for (const key of keys)
      await runner.query(`
        insert into ${table} (org_id, rule_id, ${named}_id)
        select distinct r.org_id, r.id, n.id
          from audience_rule r cross join lateral jsonb_path_query(r.condition, '$.**.${key}') as given (id)
          join ${named} n on n.org_id = r.org_id and n.id::text = given.id #>> '{}'
        on conflict do nothing`);
    for (const one of tables) await runner.query(`alter table ${one} force row level security`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
