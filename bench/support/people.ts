import type { Client } from 'pg';

/** Adds members to an organization, each with a phone that takes pushes. */
export async function addMembers(owner: Client, orgId: string, count: number, tag: string): Promise<void> {
  await owner.query(
    `with person as (
       insert into identity (id, email)
       select uuidv7(), 'reader-' || $3 || n || '@acme.example' from generate_series(1, $2::int) n returning id, email
     ), reader as (
       insert into member (org_id, id, identity_id, email, name, status, role_id)
       select $1, uuidv7(), p.id, p.email, 'Reader', 2, r.id
         from person p, role r where r.org_id = $1 and r.slug = 'employee' returning org_id, id)
     insert into device (org_id, device_id, user_id, platform, sealed_push_token, last_seen, created_at)
     select org_id, gen_random_uuid(), id, 1, '\\x00', now(), now() from reader`,
    [orgId, count, tag],
  );
  await owner.query('vacuum analyze identity, member, device');
}
