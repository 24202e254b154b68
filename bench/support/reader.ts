import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import type { MemberCaller } from '../../src/platform/caller/caller.js';

/** A new member as a caller, whose inbox holds so many entries, each from a different campaign. */
export async function readerWith(
  owner: Client,
  entries: number,
  organization = 'Acme Demo',
): Promise<MemberCaller> {
  const { rows } = await owner.query<{ orgId: string; roleId: string }>(
    `select org_id as "orgId", id as "roleId" from role where slug = 'employee'
       and org_id = (select id from organization where name = $1)`,
    [organization],
  );
  const { orgId, roleId } = rows[0]!;
  const userId = randomUUID();
  const email = `reader-${userId}@acme.example`;
  await owner.query(
    `with person as (insert into identity (id, email) values (gen_random_uuid(), $1) returning id)
     insert into member (org_id, id, identity_id, email, name, status, role_id) select $2, $3, id, $1, 'Reader', 2, $4 from person`,
    [email, orgId, userId, roleId],
  );
  await owner.query(
    `with t as (
       insert into template (org_id, id, name, type, source_locale, latest_version)
       values ($1, gen_random_uuid(), 'News', 1, 'en', 1) returning id
     ), v as (
       insert into template_version (org_id, template_id, version, body) select $1, id, 1, '' from t returning template_id
     ), c as (
       insert into campaign (org_id, id, name, template_id, template_version, status, workflow, audience_snapshot_ref,
                             audience_size)
       select $1, gen_random_uuid(), 'News', template_id, 1, 3, '{"steps":[]}', gen_random_uuid(), 1
         from v, generate_series(1, $3::int) returning id
     ), m as (
       insert into message (org_id, content_id, title, body, summary, preview, sender_name, actions, locale)
       select $1, id::text, 'News', repeat('Something has happened. ', 20), 'Something has happened.', 'Something has happened.',
              'Editors', '[]', 'en' from c returning content_id)
     insert into delivery (org_id, id, campaign_id, step_id, user_id, kind, status, content_id, created_at, changed_at)
     select $1, gen_random_uuid(), content_id::uuid, 'send', $2, 1, 3, content_id, now(),
            now() - row_number() over () * interval '1 second' from m`,
    [orgId, userId, entries],
  );
  await owner.query('insert into inbox (org_id, user_id, changed_at) values ($1, $2, now())', [
    orgId,
    userId,
  ]);
  return {
    kind: 'member',
    orgId,
    userId,
    identityId: userId,
    email,
    sessionId: '',
    roleSlug: 'employee',
    permissions: new Set(),
  };
}
