import type { Client } from 'pg';

/** Append-only for the server: a trail that it could edit would prove nothing. */
const appendOnly = ['audit_chain', 'audit_event', 'privacy_consent'];

/** Not the server's to delete: a trail goes with its organization, and what is left of a sandbox stays. */
const permanent = ['organization', 'sandbox'];

/**
 * The only columns that the server may write, where a table is not named as a whole. What decides that something may be
 * deleted is not among them: the type of an organization is what it was founded as, the end of a sandbox's record is
 * written by `purge_sandbox()`.
 */
const writable = [
  {
    table: 'organization',
    privilege: 'update',
    columns: `name, updated_at, industry, company_size, default_locale, default_workflow, data_governance_region,
      sso_attribute_mappings, ml_retrain_cold_threshold, ml_cancelled_counts, ml_manual_limit_monthly,
      include_synthetic_in_aggregates, provisional_archetypes_enabled, default_verification_unit_level, expires_at,
      ai_clustering_enabled, behavioral_analytics_enabled, third_party_channels_enabled, sso_enforced_at, sso_enforced_by,
      passwords_allowed, campaign_approval_required`,
  },
  {
    table: 'organization_deletion',
    privilege: 'insert',
    columns: 'organization_id, id, requested_by, request_id, requested_at, due_at, sealed_notice',
  },
  // Only to nothing: see the policy.
  { table: 'privacy_consent', privilege: 'update', columns: 'actor_email' },
  {
    table: 'sandbox',
    privilege: 'insert',
    columns: 'organization_id, created_by, api_key_id, created_at, expires_at',
  },
  {
    table: 'sandbox',
    privilege: 'update',
    columns: `expires_at, deletion_id, deletion_reason, deletion_actor_kind, deletion_actor_id, deletion_request_id,
      deletion_started_at`,
  },
];

/**
 * Sets the privileges of `role` completely, after every migration. In one transaction: a running server never
 * holds a privilege that is revoked below.
 */
export async function grantAppRole(owner: Client, role: string): Promise<void> {
  await owner.query('begin');
  try {
    await admitToDatabase(owner, role);
    await grantTables(owner, owner.escapeIdentifier(role));
    await openJobTables(owner, role);
    await owner.query('commit');
  } catch (error) {
    await owner.query('rollback');
    throw error;
  }
}

/** PostgreSQL admits everybody, unless an administrator has taken that back. */
async function admitToDatabase(owner: Client, role: string): Promise<void> {
  const { rows } = await owner.query<{ name: string }>(
    `select current_database() as name where not has_database_privilege($1, current_database(), 'connect')`,
    [role],
  );
  for (const { name } of rows)
    await owner.query(
      `grant connect on database ${owner.escapeIdentifier(name)} to ${owner.escapeIdentifier(role)}`,
    );
}

async function grantTables(owner: Client, name: string): Promise<void> {
  await owner.query(`grant usage on schema public, graphile_worker to ${name}`);
  await owner.query(`grant select, insert, update, delete on all tables in schema public to ${name}`);
  await owner.query(`revoke all on table schema_migration from ${name}`);
  await owner.query(`grant select on table schema_migration to ${name}`);
  await owner.query(`revoke all on table installation from ${name}`);
  for (const table of appendOnly) await owner.query(`revoke update, delete on table ${table} from ${name}`);
  await owner.query(`revoke update on table organization_deletion from ${name}`);
  for (const table of permanent) await owner.query(`revoke delete on table ${table} from ${name}`);
  for (const { table, privilege, columns } of writable) {
    await owner.query(`revoke ${privilege} on table ${table} from ${name}`);
    await owner.query(`grant ${privilege} (${columns}) on table ${table} to ${name}`);
  }
  await grantJobTables(owner, name);
}

async function grantJobTables(owner: Client, name: string): Promise<void> {
  await owner.query(
    `grant select, insert, update, delete on all tables in schema graphile_worker to ${name}`,
  );
  await owner.query(`grant usage on all sequences in schema graphile_worker to ${name}`);
  await owner.query(`grant execute on all functions in schema graphile_worker to ${name}`);
}

/**
 * graphile-worker protects its tables with row security and no policy; the app role needs one on each. Only where it is
 * missing: a policy is made behind whatever uses the table, and everybody else waits behind that.
 */
async function openJobTables(owner: Client, role: string): Promise<void> {
  const { rows } = await owner.query<{ table: string }>(
    `select format('%I.%I', schemaname, tablename) as table from pg_tables t
      where schemaname = 'graphile_worker' and rowsecurity and not exists
        (select from pg_policies p where p.schemaname = t.schemaname and p.tablename = t.tablename
            and p.policyname = 'app_role' and $1 = any (p.roles))`,
    [role],
  );
  const name = owner.escapeIdentifier(role);
  for (const { table } of rows) {
    await owner.query(`drop policy if exists app_role on ${table}`);
    await owner.query(`create policy app_role on ${table} to ${name} using (true) with check (true)`);
  }
}
