import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Mailed links that sign in to the dashboard, passwords where organizations take them, and pictures of people. */
export class DashboardSignIn implements MigrationInterface {
  readonly name = 'DashboardSignIn1000000000066';

  async up(runner: QueryRunner): Promise<void> {
    // Neither belongs to an organization: a person signs in before one is chosen.
    await runner.query(`
      create table magic_link (
        id uuid primary key,
        token_hash bytea not null,
        email text not null,
        client text not null,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        consumed_at timestamptz,
        constraint magic_link_token_key unique (token_hash),
        constraint magic_link_email_lower check (email = lower(email)))`);
    await runner.query(`create index magic_link_email on magic_link (email, created_at desc)`);
    await runner.query(`create index magic_link_created on magic_link (created_at)`);

    await runner.query(`
      create table password (
        identity_id uuid primary key references identity (id) on delete cascade,
        hash text not null,
        set_at timestamptz not null)`);
    await runner.query(`
      create table password_guess (
        id uuid primary key,
        email text not null,
        client text not null,
        made_at timestamptz not null)`);
    await runner.query(`create index password_guess_email on password_guess (email, client, made_at desc)`);
    await runner.query(`create index password_guess_made on password_guess (made_at)`);

    // Null: undecided, the operator's default holds.
    await runner.query(`alter table organization add passwords_allowed boolean`);
    await runner.query(`alter table identity add avatar_url text not null default ''`);
    await runner.query(`
      alter table session
        drop constraint session_proof,
        add constraint session_proof check (proof in ('code', 'link', 'passkey', 'sso', 'password', 'demo'))`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
