import { Injectable } from '@nestjs/common';
import { setStatement, type Statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

/** A file of an export: objects, in the order of a key. */
export interface Section {
  readonly file: string;
  readonly statement: Statement;
}

// $1 organization, $2 the key behind which to begin, $3 how many, $4 the member.
function section(file: string, key: string, object: string, from: string, name = file): Section {
  const text = `select ${key} as key, ${object} as object ${from} and ${key} > $2::uuid order by ${key} limit $3`;
  return { file, statement: setStatement(`dossier.${name}`, text) };
}

const identity = '(select identity_id from member where org_id = $1 and id = $4)';
const memberObject = `to_jsonb(m) - '{org_id,identity_id,role_id}'::text[] || jsonb_build_object('role', r.slug)`;
const memberSource =
  'from member m join role r on r.org_id = m.org_id and r.id = m.role_id where m.org_id = $1';
const deliveryObject = `to_jsonb(d) - 'org_id' || jsonb_build_object('title', g.title, 'body', g.body)`;
const deliverySource = `from delivery d left join message g on g.org_id = d.org_id and g.content_id = d.content_id
  where d.org_id = $1`;

const memberSession = `jsonb_build_object('id', s.id, 'device_name', s.device_name, 'proof', s.proof,
  'created_at', s.created_at, 'first_used_here_at', u.first_used_at, 'revoked_at', s.revoked_at)
  || case when s.sso_organization_id = $1 then jsonb_build_object('address', s.address,
       'sso_connection_id', s.sso_connection_id, 'last_used_at', s.last_used_at) else '{}' end`;

/** What an organization holds about a member. */
const heldSections: readonly Section[] = [
  section('profile', 'm.id', memberObject, `${memberSource} and m.id = $4`),
  section(
    'devices',
    'd.device_id',
    `to_jsonb(d) - '{org_id,sealed_push_token,push_token_hash}'::text[]`,
    'from device d where d.org_id = $1 and d.user_id = $4',
  ),
  // By the indexes of a person's deliveries; in the order of ids, all of the organization would be read.
  section(
    'deliveries',
    'd.id',
    deliveryObject,
    `${deliverySource} and d.id = any(array(
       select id from delivery where org_id = $1 and user_id = $4 and content_id is not null
       union all select id from delivery where org_id = $1 and user_id = $4 and content_id is null))`,
  ),
  section(
    'audiences',
    'a.campaign_id',
    `to_jsonb(a) - '{org_id,position}'::text[]`,
    `from campaign_audience_member a where a.org_id = $1 and a.user_id = $4
      and a.campaign_id = any(array(select id from campaign where org_id = $1))`,
  ),
  section(
    'groups_and_teams',
    'o.id',
    `jsonb_build_object('id', o.id, 'kind', o.kind, 'name', o.name, 'added_at', b.added_at)`,
    `from roster_member b join roster o on o.org_id = b.org_id and o.id = b.roster_id
      where b.org_id = $1 and b.user_id = $4`,
  ),
  section(
    'region_changes',
    'c.id',
    `to_jsonb(c) - 'org_id'`,
    'from member_region_change c where c.org_id = $1 and c.user_id = $4',
  ),
  section(
    'sso_logins',
    'l.id',
    `to_jsonb(l) - '{org_id,identity_id,sealed_flow,sealed_id_token,code_hash,code_challenge,client_state}'::text[]`,
    'from sso_login l where l.org_id = $1 and l.user_id = $4',
  ),
  section(
    'provider_accounts',
    `md5(concat(s.connection_id, '/', s.subject))::uuid`,
    `to_jsonb(s) - 'org_id'`,
    'from sso_subject s where s.org_id = $1 and s.user_id = $4',
  ),
  section(
    'directory_users',
    'u.connection_id',
    `to_jsonb(u) - 'org_id'`,
    'from scim_user u where u.org_id = $1 and u.user_id = $4',
  ),
  section(
    'directory_groups',
    'g.id',
    `jsonb_build_object('id', g.id, 'connection_id', g.connection_id, 'name', g.display_name)`,
    `from scim_group_member x join scim_group g
       on g.org_id = x.org_id and g.connection_id = x.connection_id and g.id = x.group_id
      where x.org_id = $1 and x.user_id = $4`,
  ),
  section(
    'consents',
    'c.id',
    `to_jsonb(c) - '{org_id,seq}'::text[]`,
    `from privacy_consent c where c.org_id = $1 and c.actor_id = $4::text`,
  ),
  section(
    'privacy_requests',
    'p.id',
    `to_jsonb(p) - '{org_id,sealed_key}'::text[]`,
    'from privacy_request p where p.org_id = $1 and p.user_id = $4',
  ),
  section(
    'audit_events',
    'e.id',
    `to_jsonb(e) - 'org_id'`,
    `from audit_event e where e.org_id = $1
       and (e.actor_id = $4::text or e.entity_type = 'user' and e.entity_id = $4::text)`,
  ),
];

/** What an organization knows about a member: of their sessions those that its provider vouched for, or that worked in it. */
export const memberSections: readonly Section[] = [
  ...heldSections,
  section(
    'sessions',
    's.id',
    memberSession,
    `from session s left join session_use u on u.org_id = $1 and u.user_id = $4 and u.session_id = s.id
      where s.identity_id = ${identity} and (s.sso_organization_id = $1 or u.session_id is not null)`,
    'sessions_here',
  ),
];

/** The same, and what is theirs in every organization: for nobody but the person who asks for it themselves. */
export const personalSections: readonly Section[] = [
  ...heldSections,
  section(
    'sessions',
    's.id',
    `to_jsonb(s) - 'identity_id'`,
    `from session s where s.identity_id = ${identity} and $1 = $1`,
  ),
  section(
    'passkeys',
    'md5(w.credential_id)::uuid',
    `jsonb_build_object('name', w.name, 'created_at', w.created_at, 'last_used_at', w.last_used_at)`,
    `from webauthn_credential w where w.identity_id = ${identity} and $1 = $1`,
  ),
];

/** What makes up an organization. */
export const organizationSections: readonly Section[] = [
  section('organization', 'o.id', 'to_jsonb(o)', 'from organization o where o.id = $1'),
  section('roles', 'r.id', `to_jsonb(r) - 'org_id'`, 'from role r where r.org_id = $1'),
  section('members', 'm.id', memberObject, memberSource),
  section('teams_and_groups', 'o.id', `to_jsonb(o) - 'org_id'`, 'from roster o where o.org_id = $1'),
  section('templates', 't.id', `to_jsonb(t) - 'org_id'`, 'from template t where t.org_id = $1'),
  section('campaigns', 'c.id', `to_jsonb(c) - 'org_id'`, 'from campaign c where c.org_id = $1'),
  section('organization_deliveries', 'd.id', deliveryObject, deliverySource),
  section('organization_events', 'e.id', `to_jsonb(e) - 'org_id'`, 'from audit_event e where e.org_id = $1'),
];

@Injectable()
export class DossierStore {
  /** Objects of a section behind a key; `userId` for sections of a member. */
  async page(
    scope: Scope,
    { statement }: Section,
    { after, most, userId }: { after: string; most: number; userId: string | null },
  ): Promise<{ key: string; object: unknown }[]> {
    const values = userId === null ? [scope.orgId, after, most] : [scope.orgId, after, most, userId];
    return (await scope.tx()).query(statement, values);
  }
}
