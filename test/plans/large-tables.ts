import { randomUUID } from 'node:crypto';
import type { Cast, TestOrganization } from '../support/cast.js';
import type { TestDatabase } from '../support/test-database.js';
import { fillRecords, type RecordSize } from './large-records.js';

interface Size extends RecordSize {
  /** Members, each with a phone and one delivery of the one large campaign. */
  people: number;
  /** Campaigns, templates, and entries in one member's inbox. */
  many: number;
}

/** Acme shares the database with more than itself, as everybody does: what is all of a table is read from end to end. */
const acmeSize: Size = { people: 20_000, many: 8_000, events: 30_000, groups: 500 };
const otherSize: Size = { people: 40_000, many: 16_000, events: 60_000, groups: 1_000 };

/** Tables that grow with the organization: reading one from end to end is what no call may do. */
export const largeTables = [
  'audit_chain',
  'audit_event',
  'campaign',
  'campaign_audience_member',
  'campaign_counter',
  'delivery',
  'delivery_skip',
  'device',
  'identity',
  'inbox',
  'member',
  'message',
  'privacy_request',
  'push_outbox',
  'roster',
  'roster_member',
  'scim_group_member',
  'scim_user',
  'sso_login',
  'sso_subject',
  'template',
  'template_version',
];

/** Fills both organizations until a plan matters, and lets PostgreSQL know; returns Acme's large campaign. */
export async function fillTables(
  database: TestDatabase,
  { acme, erin, other, mallory }: Cast,
  connections: { acme: string; other: string },
): Promise<string> {
  const campaignId = randomUUID();
  // Keys are right by construction; looking each of them up would take most of the time.
  await database.query('set session_replication_role = replica');
  await fillOrganization(database, acme, acmeSize, campaignId, erin.userId);
  await fillOrganization(database, other, otherSize, randomUUID(), mallory.userId);
  await fillRecords(database, { orgId: acme.id, connectionId: connections.acme }, acmeSize);
  await fillRecords(database, { orgId: other.id, connectionId: connections.other }, otherSize);
  await database.query('set session_replication_role = default');
  await database.query('vacuum analyze');
  return campaignId;
}

async function fillOrganization(
  database: TestDatabase,
  { id, roles }: TestOrganization,
  { people: peopleCount, many }: Size,
  campaignId: string,
  readerId: string,
): Promise<void> {
  const steps = [
    ...people(id, roles.employee, peopleCount),
    ...rosters(id, many),
    ...texts(id, many),
    ...campaigns(id, campaignId),
    ...deliveries(id, campaignId, readerId),
  ];
  for (const [text, ...values] of steps) await database.query(text, values);
}

type Step = [text: string, ...values: unknown[]];

function people(orgId: string, roleId: string, count: number): Step[] {
  return [
    [
      `with person as (
         insert into identity (id, email)
         select gen_random_uuid(), 'reader-' || n || '@' || $1 from generate_series(1, $3::int) n returning id, email)
       insert into member (org_id, id, identity_id, email, name, status, role_id, created_at)
       select $1::uuid, gen_random_uuid(), id, email, 'Reader', 2, $2, now() - random() * interval '1 year' from person`,
      orgId,
      roleId,
      count,
    ],
    [
      `insert into device (org_id, device_id, user_id, platform, sealed_push_token, last_seen, created_at)
       select $1, gen_random_uuid(), id, 1, '\\x00', now(), now() from member where org_id = $1`,
      orgId,
    ],
  ];
}

/** The same for whoever asks, and by its form a random one. */
const nthId = `overlay(overlay(md5(concat($1::text, n)) placing '4' from 13) placing '8' from 17)::uuid`;

/** Everybody is in the first group, and in one of the others. */
function rosters(orgId: string, count: number): Step[] {
  return [
    [
      `insert into roster (org_id, id, kind, name, name_key, created_at, updated_at)
       select $1::text::uuid, ${nthId}, 'group', 'Group ' || n, 'group ' || n, now() - n * interval '1 minute', now()
         from generate_series(1, $2::int) n`,
      orgId,
      count,
    ],
    [
      `insert into roster_member (org_id, roster_id, user_id, added_at)
       select $1::text::uuid, ${nthId}, id, now()
         from (select id, row_number() over () as place from member where org_id = $1::text::uuid) m
        cross join lateral (values (1), (2 + place % ($2::int - 1))) as groups (n)`,
      orgId,
      count,
    ],
  ];
}

function texts(orgId: string, count: number): Step[] {
  return [
    [
      `with t as (
         insert into template (org_id, id, name, type, source_locale, latest_version, created_at)
         select $1, gen_random_uuid(), 'Template ' || n, 1 + n % 3, 'en', 1, now() - random() * interval '1 year'
           from generate_series(1, $2::int) n returning id)
       insert into template_version (org_id, template_id, version, body) select $1, id, 1, 'Hello.' from t`,
      orgId,
      count,
    ],
    [
      `insert into message (org_id, content_id, title, body, summary, preview, sender_name, actions, locale)
       select $1, 'content ' || n, '', '', '', '', '', '[]', 'en' from generate_series(1, $2::int) n`,
      orgId,
      count,
    ],
  ];
}

function campaigns(orgId: string, campaignId: string): Step[] {
  return [
    [
      `insert into campaign (org_id, id, name, template_id, template_version, status, workflow, audience_snapshot_ref,
                             audience_size, created_at)
       select $1, case when n = 1 then $2 else gen_random_uuid() end, 'Campaign ' || n, id, 1, 3, '{"steps":[]}',
              gen_random_uuid(), 1, now() - n * interval '1 minute'
         from (select id, row_number() over () as n from template where org_id = $1) t`,
      orgId,
      campaignId,
    ],
    [
      `insert into campaign_counter (org_id, campaign_id, shard, recipients)
       select $1, id, shard, 1 from campaign, generate_series(0, 1) shard where org_id = $1`,
      orgId,
    ],
    [
      `insert into campaign_audience_member (org_id, campaign_id, position, user_id)
       select $1, $2, row_number() over (), id from member where org_id = $1`,
      orgId,
      campaignId,
    ],
  ];
}

function deliveries(orgId: string, campaignId: string, userId: string): Step[] {
  const columns =
    'org_id, id, campaign_id, step_id, user_id, kind, status, content_id, created_at, changed_at';
  return [
    [
      `insert into delivery (${columns})
       select $1, gen_random_uuid(), $2, 'send', user_id, 1, 2 + position % 3, 'content 1', now(),
              now() - position * interval '1 second' from campaign_audience_member where campaign_id = $2`,
      orgId,
      campaignId,
    ],
    [
      `insert into delivery (${columns})
       select $1, gen_random_uuid(), id, 'send', $2, 1, 2, 'content ' || row_number() over (), created_at, created_at
         from campaign where org_id = $1 and id <> $3`,
      orgId,
      userId,
      campaignId,
    ],
    [
      `insert into delivery_skip (org_id, id, campaign_id, step_id, round, delivery_id, reason, created_at)
       select $1, gen_random_uuid(), campaign_id, 'up', 0, id, 1, created_at from delivery where org_id = $1`,
      orgId,
    ],
    [
      `insert into push_outbox (org_id, delivery_id, step_id, device_id, created_at)
       select $1, id, step_id, gen_random_uuid(), created_at from delivery where org_id = $1`,
      orgId,
    ],
    [
      `insert into inbox (org_id, user_id, changed_at) select $1, id, now() from member where org_id = $1`,
      orgId,
    ],
  ];
}
