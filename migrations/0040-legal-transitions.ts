import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a delivery can become, and that a campaign that is over stays over; the words for the numbers are in
 * `delivery.ts` and `campaign.ts` of `src/modules/messaging`. The condition of a trigger is cheap, and an AFTER trigger costs nothing else where it does not fire; it fires for what is refused.
 */
export class LegalTransitions implements MigrationInterface {
  readonly name = 'LegalTransitions1000000000040';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table delivery add missed_at timestamptz`);
    await runner.query(`
      create function refuse_transition() returns trigger language plpgsql set search_path = pg_catalog as $$
      begin
        raise exception 'a % does not go from status % to status %', tg_table_name, old.status, new.status
          using errcode = 'check_violation', table = tg_table_name, constraint = tg_name;
      end $$`);
    await runner.query(`
      create trigger campaign_transition after update of status on campaign for each row
        when (old.status <> new.status and (old.status not in (1, 2) or new.status = 1))
        execute function refuse_transition()`);
    await runner.query(`
      create trigger delivery_transition after update of status on delivery for each row
        when (old.status <> new.status and not (
          old.status = 1 and new.status in (2, 3, 4, 5, 6, 7)
          or old.status = 2 and new.status in (3, 4, 5)
          or old.status = 3 and new.status in (4, 5)
          or old.status = 6 and new.status in (2, 3, 4, 5)))
        execute function refuse_transition()`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
