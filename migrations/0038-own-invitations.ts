import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What people know of the organizations that invite them, and how much anybody may have of something in a day. They see which
 * of the organizations that they are in, or are invited to, have proven to own the domain of an address.
 */
export class OwnInvitations implements MigrationInterface {
  readonly name = 'OwnInvitations1000000000038';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create policy own_memberships on sso_domain for select
        using ((select app_identity_id()) is not null and verified_at is not null and exists
          (select from member where member.org_id = sso_domain.org_id
             and member.identity_id = (select app_identity_id())))`);
    // Subjects are hashed: who writes to whom says something about a person. Kept for the day in which they count.
    await runner.query(`
      create table daily_use (
        id uuid primary key,
        kind text not null,
        subject bytea not null,
        used_at timestamptz not null)`);
    await runner.query(`create index daily_use_subject on daily_use (kind, subject, used_at desc)`);
    await runner.query(`create index daily_use_used on daily_use (used_at)`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
