import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which of several is the newest is said by a number: a clock that was ahead once would have the last word for long. */
export class NewestByNumber implements MigrationInterface {
  readonly name = 'NewestByNumber1000000000027';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table privacy_consent add seq bigint`);
    await runner.query(`alter table sso_connection add activation integer`);
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    const tables = ['privacy_consent', 'sso_connection'];
    for (const table of tables) await runner.query(`alter table ${table} no force row level security`);
    await runner.query(`
      update privacy_consent c set seq = n.seq
        from (select org_id, id, row_number() over (order by created_at, id) as seq from privacy_consent) n
       where c.org_id = n.org_id and c.id = n.id`);
    await runner.query(`
      update sso_connection c set activation = n.activation
        from (select org_id, id, row_number() over (partition by org_id order by activated_at, id) as activation
                from sso_connection where activated_at is not null) n
       where c.org_id = n.org_id and c.id = n.id`);
    await runner.query(`alter table privacy_consent alter seq set not null`);
    await runner.query(`alter table privacy_consent alter seq add generated always as identity`);
    await runner.query(`
      select setval(pg_get_serial_sequence('privacy_consent', 'seq'), coalesce(max(seq), 0) + 1, false)
        from privacy_consent`);
    for (const table of tables) await runner.query(`alter table ${table} force row level security`);
    // Serves "who last turned it", once for each switch.
    await runner.query(`drop index privacy_consent_newest`);
    await runner.query(`create index privacy_consent_newest on privacy_consent (org_id, toggle, seq desc)`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
