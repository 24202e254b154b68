import { MAX as lastUuid } from 'uuid';
import { setStatement, statement } from '../../../platform/database/index.js';
import { eraseBy, memberFile, type PersonalDataContribution } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';

const LOGINS_AT_ONCE = 5_000;

const logins = memberFile('sso_logins', {
  category: 'logins',
  key: 'l.id',
  object: `to_jsonb(l) - '{org_id,identity_id,sealed_flow,sealed_id_token,code_hash,code_challenge,client_state}'::text[]`,
  from: 'from sso_login l where l.org_id = $1 and l.user_id = $4',
});
const providerAccounts = memberFile('provider_accounts', {
  category: 'provider_accounts',
  key: `md5(concat(s.connection_id, '/', s.subject))::uuid`,
  object: `to_jsonb(s) - 'org_id'`,
  from: 'from sso_subject s where s.org_id = $1 and s.user_id = $4',
});

// A failed login may name the person only in what the provider sent: all logins of the organization are examined, newest
// first, in pieces. The oldest login of a piece is where the next one begins.
const eraseLogins = setStatement(
  'sso_login.erase',
  `with piece as materialized (
     select id, created_at from sso_login where org_id = $1 and (created_at, id) < ($3, $4)
      order by created_at desc, id desc limit $5
   ), gone as (
     delete from sso_login l using member m
      where m.org_id = $1 and m.id = $2 and l.org_id = $1 and l.id = any(array(select id from piece))
        and (l.user_id = m.id or l.identity_id = m.identity_id
          or position(m.email in lower(concat(l.email, l.subject, l.detail, l.attributes))) > 0)
   )
   select created_at as "createdAt", id from piece order by created_at, id limit 1`,
);
const eraseSubjects = statement(
  'sso_subject.erase',
  'delete from sso_subject where org_id = $1 and user_id = $2',
);

/** A login in the list of all, newest first. */
interface Place {
  createdAt: Date;
  id: string;
}

/**
 * Erases the person from a batch of login records. Returns the position of the next batch, undefined at the
 * end.
 */
async function eraseSome(scope: Scope, userId: string, after: Place | undefined): Promise<Place | undefined> {
  const values = [scope.orgId, userId, after?.createdAt ?? 'infinity', after?.id ?? lastUuid, LOGINS_AT_ONCE];
  return (await scope.tx()).queryOne<Place>(eraseLogins, values);
}

export const ssoLoginPersonalData: PersonalDataContribution = {
  files: [logins, providerAccounts],
  async eraseFirst({ userId }, { run, signal }) {
    let after: Place | undefined;
    do {
      signal.throwIfAborted();
      const from = after;
      after = await run((scope) => eraseSome(scope, userId, from));
    } while (after);
  },
  erase: eraseBy(eraseSubjects),
};
