import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Page } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { connectionState, loginOutcome } from '../sso/index.js';

/** A login through a connection, from its start to the session it opened. */
export interface Login {
  id: string;
  connectionId: string;
  /** What the provider's answer refers to; null when it began there. */
  requestId: string | null;
  test: boolean;
  idpInitiated: boolean;
  /** The admin who runs a test login; null for other logins. */
  requestedBy: string | null;
  redirectUri: string;
  clientState: string;
  codeChallenge: string;
  /** What an OIDC answer is checked with. */
  sealedFlow: Buffer | null;
  createdAt: Date;
  /** An answer has to come before. */
  expiresAt: Date;
  answeredAt: Date | null;
  outcome: number;
  reason: string;
  detail: string;
  email: string;
  subject: string;
  subjectFormat: string;
  /**
   * NameQualifier and SPNameQualifier of the SAML subject, an empty string for a missing one; empty for OIDC.
   */
  subjectQualifiers: string[];
  sessionIndex: string;
  /** ID token of an OIDC provider, sent back as `id_token_hint` at logout. */
  sealedIdToken: Buffer | null;
  sessionEndsAt: Date | null;
  userId: string | null;
  identityId: string | null;
  roleSlug: string;
  attributes: Record<string, string[]>;
  groups: string[];
  address: string;
  completedAt: Date | null;
  codeHash: Buffer | null;
  codeExpiresAt: Date | null;
  sessionId: string | null;
}

const columns = {
  id: 'id',
  connectionId: 'connection_id',
  requestId: 'request_id',
  test: 'test',
  idpInitiated: 'idp_initiated',
  requestedBy: 'requested_by',
  redirectUri: 'redirect_uri',
  clientState: 'client_state',
  codeChallenge: 'code_challenge',
  sealedFlow: 'sealed_flow',
  createdAt: 'created_at',
  expiresAt: 'expires_at',
  answeredAt: 'answered_at',
  outcome: 'outcome',
  reason: 'reason',
  detail: 'detail',
  email: 'email',
  subject: 'subject',
  subjectFormat: 'subject_format',
  subjectQualifiers: 'subject_qualifiers',
  sessionIndex: 'session_index',
  sealedIdToken: 'sealed_id_token',
  sessionEndsAt: 'session_ends_at',
  userId: 'user_id',
  identityId: 'identity_id',
  roleSlug: 'role_slug',
  attributes: 'attributes',
  groups: 'groups',
  address: 'address',
  completedAt: 'completed_at',
  codeHash: 'code_hash',
  codeExpiresAt: 'code_expires_at',
  sessionId: 'session_id',
} satisfies Record<keyof Login, string>;

const fields = Object.keys(columns) as (keyof Login)[];
const selected = fields.map((field) => `${columns[field]} as "${field}"`).join(', ');

const insert = statement(
  'sso_login.insert',
  `insert into sso_login (org_id, ${fields.map((field) => columns[field]).join(', ')})
   values ($1, ${fields.map((_, index) => `$${index + 2}`).join(', ')})`,
);
const find = statement('sso_login.find', `select ${selected} from sso_login where org_id = $1 and id = $2`);
// One answer for one request: of two at once, one gets it.
const takeRequest = statement(
  'sso_login.take_request',
  `update sso_login set answered_at = $4
    where org_id = $1 and connection_id = $2 and request_id = $3 and answered_at is null and expires_at > $4
   returning ${selected}`,
);
const settled = [
  'outcome',
  'reason',
  'detail',
  'email',
  'subject',
  'subjectFormat',
  'subjectQualifiers',
  'sessionIndex',
  'sealedIdToken',
  'sessionEndsAt',
  'userId',
  'identityId',
  'roleSlug',
  'attributes',
  'groups',
  'address',
  'completedAt',
  'codeHash',
  'codeExpiresAt',
] as const satisfies readonly (keyof Login)[];
// A login that succeeded stays so: a replayed or forged response with its id does not change the record.
const settle = statement(
  'sso_login.settle',
  `update sso_login set ${settled.map((field, index) => `${columns[field]} = $${index + 3}`).join(', ')}
    where org_id = $1 and id = $2 and outcome <> ${loginOutcome.succeeded}`,
);
// Locks the connection row (for share): a concurrent disable either finds the session, or prevents it.
const takeCode = statement(
  'sso_login.take_code',
  `update sso_login l set session_id = $4, code_hash = null
    where l.org_id = $1 and l.id = $2 and l.code_hash = $3 and l.code_expires_at > $5
      and exists (select from sso_connection c where c.org_id = l.org_id and c.id = l.connection_id
                     and c.state = ${connectionState.active} for share)`,
);
const invalidateCode = statement(
  'sso_login.invalidate_code',
  'update sso_login set code_hash = null where org_id = $1 and id = $2',
);
const consumeAssertion = statement(
  'sso_assertion.consume',
  `insert into sso_assertion (org_id, connection_id, assertion_hash, expires_at) values ($1, $2, $3, $4)
   on conflict do nothing`,
);
const countRecentUnsolicited = statement(
  'sso_login.count_recent_unsolicited',
  `select count(*)::integer as strays from sso_login
    where org_id = $1 and connection_id = $2 and request_id is null and outcome = ${loginOutcome.refused}
      and created_at > $3`,
);
const matching = `org_id = $1 and ($2::uuid is null or connection_id = $2) and ($3::smallint = 0 or outcome = $3)`;
const firstPage = statement(
  'sso_login.first_page',
  `select ${selected} from sso_login where ${matching} order by created_at desc, id desc limit $4`,
);
const nextPage = statement(
  'sso_login.next_page',
  `select ${selected} from sso_login where ${matching} and (created_at, id) < ($5, $6)
    order by created_at desc, id desc limit $4`,
);
const count = statement(
  'sso_login.count',
  `select count(*)::integer as count from sso_login where ${matching}`,
);
// Codes not yet exchanged. A code lives for a minute; its login may have started up to LOGIN_MS earlier.
const invalidateCodesOf = statement(
  'sso_login.invalidate_codes_of',
  `update sso_login set code_hash = null
    where org_id = $1 and connection_id = $2 and ($3::text is null or subject = $3)
      and code_hash is not null and created_at > $5
      and (cardinality($4::text[]) = 0 or session_index = any ($4))`,
);
const sessionsOf = statement(
  'sso_login.sessions_of',
  `select session_id as "sessionId" from sso_login
    where org_id = $1 and connection_id = $2 and subject = $3 and session_id is not null
      and (cardinality($4::text[]) = 0 or session_index = any ($4))`,
);
const sessionsNamed = statement(
  'sso_login.sessions_named',
  `select session_id as "sessionId" from sso_login
    where org_id = $1 and connection_id = $2 and session_index = any ($3::text[]) and session_index <> ''
      and session_id is not null`,
);
const ofSession = statement(
  'sso_login.of_session',
  `select ${selected} from sso_login where org_id = $1 and session_id = $2`,
);
const purgeLogins = statement(
  'sso_login.purge',
  `delete from sso_login where org_id = $1 and id = any (array(
     select l.id from sso_login l where l.org_id = $1 and l.created_at < $2
        and not exists (select from session s where s.id = l.session_id and s.revoked_at is null and s.expires_at > $3)
      order by l.created_at limit $4))`,
);
const purgeAssertions = statement(
  'sso_assertion.purge',
  `delete from sso_assertion where org_id = $1 and assertion_hash in (
     select assertion_hash from sso_assertion where org_id = $1 and expires_at < $2 limit $3)`,
);

/**
 * Sessions at the provider: all of a subject, some of a subject, or one session id with an unknown subject.
 */
export type ProviderSessions =
  | { subject: string; sessionIndexes: readonly string[] }
  | { subject: null; sessionIndexes: readonly [string] };

export interface LoginFilter {
  connectionId?: string;
  /** 0: any. */
  outcome: number;
}

@Injectable()
export class LoginStore {
  async insert(scope: Scope, login: Login): Promise<void> {
    const values = fields.map((field) => valueOf(login, field));
    await (await scope.tx()).execute(insert, [scope.orgId, ...values]);
  }

  async find(scope: Scope, id: string): Promise<Login | undefined> {
    return (await scope.tx()).queryOne<Login>(find, [scope.orgId, id]);
  }

  /** The login that waited; undefined when the request is unknown, over, of another connection, or has its answer. */
  async takeRequest(scope: Scope, connectionId: string, requestId: string): Promise<Login | undefined> {
    const values = [scope.orgId, connectionId, requestId, scope.now()];
    return (await scope.tx()).queryOne<Login>(takeRequest, values);
  }

  /** False when it was there before. */
  async consumeAssertion(
    scope: Scope,
    connectionId: string,
    assertionHash: Buffer,
    expiresAt: Date,
  ): Promise<boolean> {
    const values = [scope.orgId, connectionId, assertionHash, expiresAt];
    return (await (await scope.tx()).execute(consumeAssertion, values)).rowCount === 1;
  }

  /** Records the result of the provider's response. Overwrites an earlier refusal, never a success. */
  async settle(scope: Scope, login: Login): Promise<void> {
    const values = settled.map((field) => valueOf(login, field));
    await (await scope.tx()).execute(settle, [scope.orgId, login.id, ...values]);
  }

  /** Trades the code for the session; false when it is wrong, over, was traded before, or its connection is not active. */
  async takeCode(scope: Scope, id: string, codeHash: Buffer, sessionId: string): Promise<boolean> {
    const values = [scope.orgId, id, codeHash, sessionId, scope.now()];
    return (await (await scope.tx()).execute(takeCode, values)).rowCount === 1;
  }

  /** The code can no longer be exchanged for a session. */
  async invalidateCode(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(invalidateCode, [scope.orgId, id]);
  }

  /** Counts the unsolicited responses refused since then. */
  async countRecentUnsolicited(scope: Scope, connectionId: string, since: Date): Promise<number> {
    const tx = await scope.tx();
    const values = [scope.orgId, connectionId, since];
    return (await tx.queryOne<{ strays: number }>(countRecentUnsolicited, values))?.strays ?? 0;
  }

  /** A page of logins, newest first, and one more if there is a next page. */
  async list(scope: Scope, { connectionId, outcome }: LoginFilter, { limit, after }: Page): Promise<Login[]> {
    const tx = await scope.tx();
    const values = [scope.orgId, connectionId ?? null, outcome, limit + 1];
    return after
      ? tx.query<Login>(nextPage, [...values, after.createdAt, after.id])
      : tx.query<Login>(firstPage, values);
  }

  async count(scope: Scope, { connectionId, outcome }: LoginFilter): Promise<number> {
    const tx = await scope.tx();
    const values = [scope.orgId, connectionId ?? null, outcome];
    return (await tx.queryOne<{ count: number }>(count, values))?.count ?? 0;
  }

  /** Which sessions here came of them. */
  async sessionsOf(
    scope: Scope,
    connectionId: string,
    { subject, sessionIndexes }: ProviderSessions,
  ): Promise<string[]> {
    const tx = await scope.tx();
    const of = [scope.orgId, connectionId];
    const rows =
      subject === null
        ? await tx.query<{ sessionId: string }>(sessionsNamed, [...of, sessionIndexes])
        : await tx.query<{ sessionId: string }>(sessionsOf, [...of, subject, sessionIndexes]);
    return rows.map(({ sessionId }) => sessionId);
  }

  /** Codes of matching logins that started after `since` can no longer be exchanged. */
  async invalidateCodesOf(
    scope: Scope,
    connectionId: string,
    { subject, sessionIndexes }: ProviderSessions,
    since: Date,
  ): Promise<void> {
    const values = [scope.orgId, connectionId, subject, sessionIndexes, since];
    await (await scope.tx()).execute(invalidateCodesOf, values);
  }

  async ofSession(scope: Scope, sessionId: string): Promise<Login | undefined> {
    return (await scope.tx()).queryOne<Login>(ofSession, [scope.orgId, sessionId]);
  }

  /** Deletes the oldest `most` logins older than `before`, except those with a live session. */
  async purge(scope: Scope, before: Date, most: number): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(purgeLogins, [scope.orgId, before, scope.now(), most]);
    await tx.execute(purgeAssertions, [scope.orgId, scope.now(), most]);
  }
}

function valueOf(login: Login, field: keyof Login): unknown {
  return field === 'attributes' ? JSON.stringify(login.attributes) : login[field];
}
