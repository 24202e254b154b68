import type { TestDatabase } from '../support/test-database.js';

/** Whose records, and how many: one login, event and request for every so many members. */
export interface RecordSize {
  events: number;
  groups: number;
}

/** What directories, providers, the trail and the record of privacy requests hold about all members of an organization. */
export async function fillRecords(
  database: TestDatabase,
  { orgId, connectionId }: { orgId: string; connectionId: string },
  { events, groups }: RecordSize,
): Promise<void> {
  const steps = [
    ...directory(orgId, connectionId, groups),
    ...logins(orgId, connectionId),
    ...trail(orgId, events),
    ...requests(orgId),
  ];
  for (const [text, ...values] of steps) await database.query(text, values);
}

type Step = [text: string, ...values: unknown[]];

/** Everybody is a user, and in one of the groups. */
function directory(orgId: string, connectionId: string, groups: number): Step[] {
  return [
    [
      `insert into scim_user (org_id, connection_id, user_id, external_id, user_name, document, created_at, updated_at)
       select $1, $2, id, 'external-' || id, email, jsonb_build_object('userName', email), created_at, created_at
         from member where org_id = $1`,
      orgId,
      connectionId,
    ],
    [
      `insert into scim_group
         (org_id, connection_id, id, external_id, display_name, name_key, version, created_at, updated_at)
       select $1, $2, gen_random_uuid(), 'group-' || n, 'Group ' || n, 'group ' || n, 1, now() - n * interval '1 minute', now()
         from generate_series(1, $3::int) n`,
      orgId,
      connectionId,
      groups,
    ],
    [
      `with g as (select id, row_number() over () as place from scim_group where org_id = $1),
            m as (select id, row_number() over () as place from member where org_id = $1)
       insert into scim_group_member (org_id, connection_id, group_id, user_id)
       select $1, $2, g.id, m.id from m join g on g.place = 1 + m.place % $3::int`,
      orgId,
      connectionId,
      groups,
    ],
  ];
}

function logins(orgId: string, connectionId: string): Step[] {
  return [
    [
      `insert into sso_subject (org_id, connection_id, subject, user_id, created_at)
       select $1, $2, 'subject-' || id, id, now() from member where org_id = $1`,
      orgId,
      connectionId,
    ],
    [
      `insert into sso_login (org_id, id, connection_id, request_id, test, idp_initiated, created_at, expires_at,
                              outcome, email, subject, user_id, identity_id, session_id)
       select $1, gen_random_uuid(), $2, 'request-' || id, false, false, created_at, created_at, 2, email,
              'subject-' || id, id, identity_id, gen_random_uuid() from member where org_id = $1`,
      orgId,
      connectionId,
    ],
  ];
}

/** As long as replicas of triggers are off, nothing of it waits for the chain: all of it is there. */
function trail(orgId: string, count: number): Step[] {
  return [
    [
      `insert into audit_event (org_id, id, event_type, actor_kind, actor_id, entity_type, entity_id, metadata,
                                request_id, created_at)
       select $1, gen_random_uuid(), (array['ROLE_CHANGED', 'USER_INVITED', 'ACK_REGISTERED', 'MESSAGE_SENT'])[1 + n % 4],
              'member', m.ids[1 + n % cardinality(m.ids)], 'user', m.ids[1 + n % cardinality(m.ids)], '{}', '',
              now() - n * interval '1 minute'
         from generate_series(1, $2::int) n,
              (select array_agg(id::text) as ids from (select id from member where org_id = $1 limit 1000) x) m`,
      orgId,
      count,
    ],
    [
      `insert into audit_chain (org_id, seq, event_id, hash, chained_at)
       select $1, (select coalesce(max(seq), 0) from audit_chain where org_id = $1)
                  + row_number() over (order by created_at, id), id, sha256(id::text::bytea), now()
         from audit_event e where org_id = $1
          and not exists (select from audit_chain c where c.org_id = e.org_id and c.event_id = e.id)
          and not exists (select from audit_backlog b where b.organization_id = e.org_id and b.event_id = e.id)`,
      orgId,
    ],
  ];
}

function requests(orgId: string): Step[] {
  return [
    [
      `insert into privacy_request (org_id, id, kind, user_id, requested_by, status, created_at, completed_at)
       select $1, gen_random_uuid(), 'rectify', id, id, 3, created_at, created_at from member where org_id = $1`,
      orgId,
    ],
  ];
}
