import { Injectable } from '@nestjs/common';
import type { PersonCaller } from '../../../platform/caller/caller.js';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { SESSION_MS } from './sign-in.rules.js';

/** How a person proved who they are. */
export type Proof = 'code' | 'link' | 'passkey' | 'sso' | 'password' | 'demo';

/** When a session that anyone may open was proven: never. */
const NEVER = new Date(0);

export interface Session {
  id: string;
  deviceName: string;
  address: string;
  createdAt: Date;
  lastUsedAt: Date;
  /** How and when its person last proved who they are. */
  proof: Proof;
  provenAt: Date;
}

interface HolderRow {
  identityId: string;
  email: string;
  sessionId: string;
  provenAt: Date;
  ssoOrgId: string | null;
}

/** A session that an identity provider vouched for. */
export interface SsoOrigin {
  orgId: string;
  connectionId: string;
  /** When the provider wants it to end; null: like any other. */
  endsAt: Date | null;
}

export interface NewSession {
  id: string;
  identityId: string;
  deviceName: string;
  proof: Proof;
}

const insert = statement(
  'session.insert',
  `insert into session (id, identity_id, device_name, address, proof, created_at, last_used_at, proven_at, expires_at)
   values ($1, $2, $3, $4, $5, $6, $6, $8, $7)`,
);
const markSso = statement(
  'session.mark_sso',
  `update session set sso_organization_id = $2, sso_connection_id = $3, ends_at = $4,
          expires_at = least(expires_at, $4)
    where id = $1`,
);
const extend = statement(
  'session.extend',
  `update session set last_used_at = $2, expires_at = least($3, ends_at), address = $4
    where id = $1 and revoked_at is null and expires_at > $2`,
);
const list = statement(
  'session.list',
  `select id, device_name as "deviceName", address, created_at as "createdAt", last_used_at as "lastUsedAt",
          proof, proven_at as "provenAt"
     from session where identity_id = $1 and revoked_at is null and expires_at > $2
      and ($3::uuid is null or sso_organization_id = $3)
    order by last_used_at desc, id desc`,
);
const prove = statement(
  'session.prove',
  `update session set proof = $3, proven_at = $4
    where id = $1 and identity_id = $2 and revoked_at is null and expires_at > $4`,
);
const revoke = statement(
  'session.revoke',
  `update session set revoked_at = $2 where id = $1 and revoked_at is null`,
);
const revokeOwn = statement(
  'session.revoke_own',
  `update session set revoked_at = $3
    where id = $1 and identity_id = $2 and revoked_at is null and expires_at > $3
      and ($4::uuid is null or sso_organization_id = $4)`,
);
const revokeThrough = statement(
  'session.revoke_through_connection',
  `update session set revoked_at = $2 where sso_connection_id = $1 and revoked_at is null returning id`,
);
const revokeOthers = statement(
  'session.revoke_others',
  `update session set revoked_at = $3
    where identity_id = $1 and id is distinct from $2 and revoked_at is null and expires_at > $3 returning id`,
);
const purgeSessions = statement(
  'session.purge',
  `delete from session where revoked_at < $1 or expires_at < $1`,
);

const insertToken = statement(
  'refresh_token.insert',
  `insert into refresh_token (token_hash, session_id, created_at, expires_at)
   select $1, id, $3, least($4, ends_at) from session where id = $2 returning expires_at as "expiresAt"`,
);
const holder = statement(
  'refresh_token.holder',
  `select i.id as "identityId", i.email, s.id as "sessionId", s.proven_at as "provenAt",
          s.sso_organization_id as "ssoOrgId"
     from refresh_token t join session s on s.id = t.session_id join identity i on i.id = s.identity_id
    where t.token_hash = $1 and t.used_at is null and t.expires_at > $2
      and s.revoked_at is null and s.expires_at > $2`,
);
const useToken = statement(
  'refresh_token.use',
  `update refresh_token set used_at = $2 where token_hash = $1 and used_at is null`,
);
const sessionOfSpentToken = statement(
  'refresh_token.session_of_spent',
  `select session_id as "sessionId" from refresh_token where token_hash = $1 and used_at is not null`,
);
const sessionOfToken = statement(
  'refresh_token.session',
  'select session_id as "sessionId" from refresh_token where token_hash = $1',
);
const purgeTokens = statement('refresh_token.purge', `delete from refresh_token where expires_at < $1`);

/** Sessions and their refresh tokens. Neither belongs to an organization. */
@Injectable()
export class SessionStore {
  async insert(scope: Scope, session: NewSession): Promise<void> {
    const { id, identityId, deviceName, proof } = session;
    const values = [id, identityId, deviceName, scope.address ?? '', proof, scope.now()];
    await (
      await scope.tx()
    ).execute(insert, [...values, sessionExpiry(scope), provenAtOf(session, scope.now())]);
  }

  /** Notes where the session came from, and when it ends at the latest. */
  async markSso(scope: Scope, id: string, { orgId, connectionId, endsAt }: SsoOrigin): Promise<void> {
    await (await scope.tx()).execute(markSso, [id, orgId, connectionId, endsAt]);
  }

  /** The ids of the sessions that came through the connection and have not ended before. */
  async revokeThrough(scope: Scope, connectionId: string): Promise<string[]> {
    const rows = await (await scope.tx()).query<{ id: string }>(revokeThrough, [connectionId, scope.now()]);
    return rows.map(({ id }) => id);
  }

  /** False when the session has ended. */
  async extend(scope: Scope, id: string): Promise<boolean> {
    const values = [id, scope.now(), sessionExpiry(scope), scope.address ?? ''];
    const { rowCount } = await (await scope.tx()).execute(extend, values);
    return rowCount === 1;
  }

  /** A provider that vouched for the caller's session sees those that it vouched for. */
  async list(scope: Scope): Promise<Session[]> {
    const values = [scope.identityId, scope.now(), scope.ssoOrgId ?? null];
    return (await scope.tx()).query<Session>(list, values);
  }

  /** False when the caller has no such live session. */
  async prove(scope: Scope, id: string, proof: Proof): Promise<boolean> {
    const values = [id, scope.identityId, proof, scope.now()];
    return (await (await scope.tx()).execute(prove, values)).rowCount === 1;
  }

  async revoke(scope: Scope, id: string): Promise<void> {
    await (await scope.tx()).execute(revoke, [id, scope.now()]);
  }

  /** False when the caller has no such live session. */
  async revokeOwn(scope: Scope, id: string): Promise<boolean> {
    const values = [id, scope.identityId, scope.now(), scope.ssoOrgId ?? null];
    return (await (await scope.tx()).execute(revokeOwn, values)).rowCount === 1;
  }

  /**
   * Revokes all sessions but this one, and returns their ids. A session of an external issuer matches none of
   * this server's.
   */
  async revokeOthers(scope: Scope, sessionId: string): Promise<string[]> {
    const values = [scope.identityId, sessionId || null, scope.now()];
    return (await (await scope.tx()).query<{ id: string }>(revokeOthers, values)).map(({ id }) => id);
  }

  /** Until when it is good: not longer than its session. */
  async insertToken(scope: Scope, { hash, sessionId }: { hash: Buffer; sessionId: string }): Promise<Date> {
    const values = [hash, sessionId, scope.now(), sessionExpiry(scope)];
    const row = await (await scope.tx()).queryOne<{ expiresAt: Date }>(insertToken, values);
    if (!row) throw new Error('The session of the token does not exist.');
    return row.expiresAt;
  }

  /** The person that a refresh token belongs to; undefined when the token is unknown, used or expired. */
  async holderOf(scope: Scope, hash: Buffer): Promise<PersonCaller | undefined> {
    const tx = await scope.tx();
    const row = await tx.queryOne<HolderRow>(holder, [hash, scope.now()]);
    if (!row) return undefined;
    return { ...row, kind: 'person', provenAt: row.provenAt.getTime(), ssoOrgId: row.ssoOrgId ?? undefined };
  }

  /** Spends a refresh token; false when it is spent already. Of two calls at once, one gets it. */
  async useToken(scope: Scope, hash: Buffer): Promise<boolean> {
    const { rowCount } = await (await scope.tx()).execute(useToken, [hash, scope.now()]);
    return rowCount === 1;
  }

  /** The session of a token, used or not. */
  async sessionOfToken(scope: Scope, hash: Buffer): Promise<string | undefined> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ sessionId: string }>(sessionOfToken, [hash]))?.sessionId;
  }

  async sessionOfSpentToken(scope: Scope, hash: Buffer): Promise<string | undefined> {
    const tx = await scope.tx();
    return (await tx.queryOne<{ sessionId: string }>(sessionOfSpentToken, [hash]))?.sessionId;
  }

  /**
   * Ended sessions are kept as long as a stolen refresh token could still be presented, so that its reuse is
   * detected.
   */
  async purge(scope: Scope): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(purgeTokens, [scope.now()]);
    await tx.execute(purgeSessions, [new Date(scope.now().getTime() - SESSION_MS)]);
  }
}

/** When a new session was proven. */
export function provenAtOf({ proof }: Pick<NewSession, 'proof'>, now: Date): Date {
  return proof === 'demo' ? NEVER : now;
}

function sessionExpiry(scope: Scope): Date {
  return new Date(scope.now().getTime() + SESSION_MS);
}
