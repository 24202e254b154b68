import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Each project has its `analytics_version` from the beginning, and loses it in the last moment of the transaction that
 * deletes it. So raising one is an update that waits for no project. See ADR 79.
 */
export class VersionsOfEveryProject implements MigrationInterface {
  readonly name = 'VersionsOfEveryProject1000000000062';

  async up(runner: QueryRunner): Promise<void> {
    // The reference was checked by a lock on the project, for which the first batch waited during a deletion that waited
    // for the batch.
    await runner.query(`alter table analytics_version drop constraint analytics_version_org_id_project_fkey`);
    await runner.query(`drop policy workers on project`);

    await runner.query(`
      create function begin_analytics_version() returns trigger language plpgsql as $$
      begin
        insert into analytics_version (org_id, project) values (new.org_id, new.number);
        return null;
      end $$`);
    await runner.query(`
      create trigger begin_analytics_version after insert on project for each row
        execute function begin_analytics_version()`);

    // At the commit: whoever holds the version waits for nothing else of the project.
    await endWithProject(runner, 'end_analytics_version', 'analytics_version');
    // After it, as the names say: a worker that buries a batch locks the version first. So it is through before the version
    // goes, or finds none and keeps nothing.
    await endWithProject(runner, 'end_dead_letters', 'ingest_dead_letter');

    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    const tables = ['project', 'analytics_version'];
    for (const table of tables) await runner.query(`alter table ${table} no force row level security`);
    await runner.query(`
      insert into analytics_version (org_id, project) select org_id, number from project
      on conflict (org_id, project) do nothing`);
    for (const table of tables) await runner.query(`alter table ${table} force row level security`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}

async function endWithProject(runner: QueryRunner, name: string, table: string): Promise<void> {
  await runner.query(`
    create function ${name}() returns trigger language plpgsql as $$
    begin
      delete from ${table} where org_id = old.org_id and project = old.number;
      return null;
    end $$`);
  await runner.query(`
    create constraint trigger ${name} after delete on project deferrable initially deferred
      for each row execute function ${name}()`);
}
