import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Visitors who are recognized for one day. Both tables are unlogged: what is in them is in no WAL, so that no archive and no
 * standby keeps it, and a crash of PostgreSQL empties them. See ADR 72.
 */
export class CookielessVisitors implements MigrationInterface {
  readonly name = 'CookielessVisitors1000000000054';

  async up(runner: QueryRunner): Promise<void> {
    // Of the installation, not of a tenant: the project is part of what is hashed with the salt. Sealed with the master key.
    await runner.query(`
      create unlogged table cookieless_salt (
        day date primary key,
        sealed bytea not null)`);
    // A visitor is a hash over project, address and program with the salt of a day, which leads to none of them. Times of
    // events in milliseconds of the epoch. What the row said before its last change is kept beside it, because PostgreSQL
    // returns old values only from version 18 on.
    await runner.query(`
      create unlogged table cookieless_session (
        visitor uuid primary key,
        newest bigint not null,
        session uuid not null,
        newest_before bigint,
        session_before uuid,
        touched_at timestamptz not null
      ) with (fillfactor = 50)`);
    await runner.query(`create index cookieless_session_touched on cookieless_session (touched_at)`);
    // DELETE would leave the salt in the file until its page is used again. TRUNCATE begins a new file and removes the old.
    await runner.query(`
      create function forget_cookieless_salts(first_kept date) returns void language plpgsql security definer
        set search_path = pg_catalog, public, pg_temp as $$
      declare
        kept cookieless_salt[];
      begin
        if not exists (select from cookieless_salt where day < first_kept) then return; end if;
        lock table cookieless_salt in access exclusive mode;
        select array_agg(s) into kept from cookieless_salt s where s.day >= first_kept;
        truncate cookieless_salt;
        insert into cookieless_salt select k.* from unnest(kept) k;
      end $$`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
