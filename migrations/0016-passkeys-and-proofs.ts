import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** What passkeys are held to; when and how a session was last proven; links that sign in, and links that invite. */
export class PasskeysAndProofs implements MigrationInterface {
  readonly name = 'PasskeysAndProofs1000000000016';

  async up(runner: QueryRunner): Promise<void> {
    await this.passkeys(runner);
    await this.proofs(runner);
    await this.inviteLinks(runner);
  }

  private async passkeys(runner: QueryRunner): Promise<void> {
    // By id, a passkey can be named without its credential id, which the authenticator chose and which may be long.
    await runner.query(`
      alter table webauthn_credential
        add id uuid not null default gen_random_uuid(),
        add aaguid uuid,
        add counter_went_back_at timestamptz,
        add constraint webauthn_credential_id_key unique (id)`);

    // What an authenticator is asked to sign, once. A sign-in by address is for that address, whoever has it.
    await runner.query(`
      create table webauthn_challenge (
        challenge_hash bytea primary key,
        purpose text not null,
        identity_id uuid references identity (id) on delete cascade,
        session_id text not null default '',
        email text not null default '',
        expires_at timestamptz not null,
        constraint webauthn_challenge_purpose check (purpose in ('registration', 'sign_in', 'reauthentication')),
        constraint webauthn_challenge_person check ((purpose = 'sign_in') = (identity_id is null)))`);
    await runner.query(`create index webauthn_challenge_expiry on webauthn_challenge (expires_at)`);
    await runner.query(
      `create index webauthn_challenge_identity on webauthn_challenge (identity_id) where identity_id is not null`,
    );
  }

  private async proofs(runner: QueryRunner): Promise<void> {
    // Sessions from before this column are as old as they are; all of them began with a code.
    await runner.query(`
      alter table session
        add proof text not null default 'code',
        add proven_at timestamptz not null default now(),
        add constraint session_proof check (proof in ('code', 'link', 'passkey', 'sso'))`);
    await runner.query(`update session set proven_at = created_at`);

    // The device that asked keeps the secret behind this; a link signs in nobody else.
    await runner.query(`alter table sign_in_code add state_hash bytea`);

    // Whoever proved themselves before this moment does so again before they act here.
    await runner.query(`alter table member add signed_out_at timestamptz`);
  }

  private async inviteLinks(runner: QueryRunner): Promise<void> {
    // No reference to the role: it may be deleted, and the link then leads nowhere.
    await runner.query(`
      create table invite_link (
        org_id uuid not null references organization (id) on delete cascade,
        id uuid not null,
        token_hash bytea not null,
        sealed_token bytea not null,
        role_id uuid not null,
        data_governance_region text not null default '',
        max_uses integer not null,
        use_count integer not null default 0,
        created_by uuid not null,
        created_at timestamptz not null,
        expires_at timestamptz,
        revoked_at timestamptz,
        primary key (org_id, id),
        constraint invite_link_token_key unique (token_hash),
        constraint invite_link_uses check (use_count >= 0 and (max_uses = 0 or use_count <= max_uses)))`);
    await tenantTable(runner, 'invite_link');
    // A link is followed before its organization is known: knowing the token shows that one row.
    await runner.query(
      `create policy by_token on invite_link for select using (token_hash = (select decode(app_lookup('invite_link'), 'hex')))`,
    );
    await runner.query(`create index invite_link_newest on invite_link (org_id, created_at desc, id desc)`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
