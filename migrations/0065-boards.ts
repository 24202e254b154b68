import type { MigrationInterface, QueryRunner } from 'typeorm';
import { tenantTable } from './tenant-table.js';

/** Boards of a project with their tiles, and the links by which they are shared. */
export class Boards implements MigrationInterface {
  readonly name = 'Boards1000000000065';

  async up(runner: QueryRunner): Promise<void> {
    // A board is written as a whole, so its tiles are one value: see ADR 80.
    await runner.query(`
      create table board (
        org_id uuid not null,
        id uuid not null,
        project_id uuid not null,
        name text not null,
        description text not null default '',
        default_range text not null,
        default_granularity text not null,
        tiles jsonb not null default '[]',
        tile_bytes integer not null default 0,
        version bigint not null default 1,
        created_by uuid,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (org_id, id),
        constraint board_project_fkey foreign key (org_id, project_id)
          references project (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'board');
    // Serves the list of a project, oldest first, and the deletion of the project.
    await runner.query('create index board_oldest on board (org_id, project_id, created_at, id)');

    await runner.query(`
      create table board_share (
        org_id uuid not null,
        board_id uuid not null,
        token_hash bytea not null,
        sealed_token bytea not null,
        enabled boolean not null,
        expires_at timestamptz,
        created_by uuid,
        created_at timestamptz not null default now(),
        primary key (org_id, board_id),
        constraint board_share_token_key unique (token_hash),
        constraint board_share_board_fkey foreign key (org_id, board_id)
          references board (org_id, id) on delete cascade)`);
    await tenantTable(runner, 'board_share');
    // A visitor has the token and nothing else: knowing it shows that one row.
    await runner.query(
      `create policy by_token on board_share for select
         using (token_hash = (select decode(app_lookup('board_share'), 'hex')))`,
    );
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
