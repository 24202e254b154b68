import { randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import type { MemberCaller } from '../../src/platform/caller/caller.js';

/** A recipient and the delivery to acknowledge. */
export interface Act {
  readonly caller: MemberCaller;
  readonly deliveryId: string;
}

/** Many organizations with a few members each. */
export async function createOrganizations(owner: Client, count: number, members: number): Promise<void> {
  await owner.query(
    `insert into organization (id, name, created_at)
     select gen_random_uuid(), 'Small ' || n, now() from generate_series(1, $1::int) n`,
    [count],
  );
  await owner.query(
    `insert into role (org_id, id, slug, name, name_key, permissions)
     select id, gen_random_uuid(), 'employee', 'Employee', 'employee', '{}' from organization where name like 'Small %'`,
  );
  await owner.query(
    `with crowd as (
       select gen_random_uuid() as id, r.org_id, r.id as role_id
         from organization o join role r on r.org_id = o.id, generate_series(1, $1::int)
        where o.name like 'Small %'
     ), person as (
       insert into identity (id, email) select id, id || '@small.example' from crowd)
     insert into member (org_id, id, identity_id, email, name, status, role_id)
     select org_id, gen_random_uuid(), id, id || '@small.example', 'Reader', 2, role_id from crowd`,
    [members],
  );
  await owner.query(
    `insert into template (org_id, id, name, type, source_locale, latest_version)
     select id, gen_random_uuid(), 'News', 1, 'en', 1 from organization where name like 'Small %'`,
  );
  await owner.query(
    `insert into template_version (org_id, template_id, version, body)
     select t.org_id, t.id, 1, '' from template t join organization o on o.id = t.org_id where o.name like 'Small %'`,
  );
  await owner.query(
    `insert into inbox (org_id, user_id, changed_at)
     select m.org_id, m.id, now() from member m join organization o on o.id = m.org_id where o.name like 'Small %'`,
  );
}

/** A campaign in each of them that waits for all members. The recipients are in random order. */
export async function startCampaigns(owner: Client): Promise<Act[]> {
  const { rows: campaigns } = await owner.query<{ id: string }>(
    `insert into campaign (org_id, id, name, template_id, template_version, status, workflow, audience_snapshot_ref, audience_size)
     select t.org_id, gen_random_uuid(), 'News', t.id, 1, 2, '{"steps":[]}', gen_random_uuid(), 0
       from template t join organization o on o.id = t.org_id where o.name like 'Small %' returning id`,
  );
  const ids = campaigns.map(({ id }) => id);
  await owner.query(
    `insert into message (org_id, content_id, title, body, summary, preview, sender_name, actions, locale)
     select org_id, id::text, 'News', 'News', 'News', 'News', 'Editors',
            '[{"id":"ack","type":"ACK","label":"Read"}]', 'en' from campaign where id = any($1)`,
    [ids],
  );
  const { rows } = await owner.query<{ orgId: string; userId: string; deliveryId: string }>(
    `insert into delivery (org_id, id, campaign_id, step_id, user_id, kind, status, content_id, created_at, changed_at)
     select c.org_id, gen_random_uuid(), c.id, 'send', m.id, 1, 3, c.id::text, now(), now()
       from campaign c join member m on m.org_id = c.org_id where c.id = any($1)
     returning org_id as "orgId", user_id as "userId", id as "deliveryId"`,
    [ids],
  );
  await owner.query(
    `insert into campaign_run (org_id, campaign_id, step_id, entered_at, wake_at, enough)
     select org_id, id, 'wait', now(), now() + interval '3 days',
            (select count(*) from member m where m.org_id = c.org_id) from campaign c where id = any($1)`,
    [ids],
  );
  await owner.query('vacuum analyze delivery, campaign_run, campaign_counter, campaign');
  return rows
    .map(({ orgId, userId, deliveryId }) => ({
      deliveryId,
      caller: callerOf(orgId, userId),
      order: Math.random(),
    }))
    .sort((a, b) => a.order - b.order);
}

function callerOf(orgId: string, userId: string): MemberCaller {
  return {
    kind: 'member',
    orgId,
    userId,
    identityId: userId,
    email: '',
    sessionId: randomUUID(),
    roleSlug: 'employee',
    permissions: new Set(),
  };
}
