import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who asked for a code, and who guesses at codes: strangers use up what is theirs, and not what is the owner's. */
export class GuessesAtCodes implements MigrationInterface {
  readonly name = 'GuessesAtCodes1000000000037';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table sign_in_code add client text not null default ''`);
    await runner.query(`
      create table sign_in_guess (
        id uuid primary key,
        email text not null,
        client text not null,
        made_at timestamptz not null)`);
    await runner.query(`create index sign_in_guess_email on sign_in_guess (email, client, made_at desc)`);
    await runner.query(`create index sign_in_guess_made on sign_in_guess (made_at)`);
    // As before, and the guesses go too.
    await runner.query(`
      create or replace function forget_identity(gone uuid) returns void language plpgsql as $$
      declare address text;
      begin
        delete from identity where id = gone returning email into address;
        delete from sign_in_code where email = address;
        delete from sign_in_guess where email = address;
        delete from captured_mail where recipient = address;
      exception when foreign_key_violation or restrict_violation then
        null;
      end $$`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
