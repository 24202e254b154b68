import { Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Database, statement } from '../database/index.js';
import { type AppError, unauthenticated } from '../errors/index.js';
import { CredentialCache } from './credential-cache.js';
import { RevocationFeed } from './revocation-feed.js';
import { UsageRecorder } from './usage-recorder.js';

export interface KnownSession {
  id: string;
  expiresAt: Date;
  /** The organization whose identity provider vouched for it. */
  ssoOrgId: string | null;
  /** Whether a passkey was the last proof. */
  byPasskey: boolean;
  /** Whether a password was the last proof. */
  byPassword: boolean;
  /** Whether anyone may open it: of the demo account. */
  byDemo: boolean;
}

const findLive = statement(
  'session.find_live',
  `select id, expires_at as "expiresAt", sso_organization_id as "ssoOrgId", proof = 'passkey' as "byPasskey",
          proof = 'password' as "byPassword", proof = 'demo' as "byDemo"
     from session where id = $1 and identity_id = $2 and revoked_at is null`,
);

/** Finds the session behind an access token, while it lives. */
@Injectable()
export class SessionDirectory {
  private readonly cache: CredentialCache<KnownSession>;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly usage: UsageRecorder,
    feed: RevocationFeed,
  ) {
    this.cache = new CredentialCache(feed, (session) => [`session:${session.id}`]);
  }

  /** What `findLive` would answer without a look into the database. */
  recallLive(sessionId: string, identityId: string): KnownSession | undefined {
    return this.used(this.cache.recall(keyOf(sessionId, identityId)));
  }

  async findLive(sessionId: string, identityId: string): Promise<KnownSession | undefined> {
    const session = await this.cache.get(keyOf(sessionId, identityId), () =>
      this.database.transaction({ readOnly: true }, (tx) =>
        tx.queryOne<KnownSession>(findLive, [sessionId, identityId]),
      ),
    );
    return this.used(session);
  }

  private used(session: KnownSession | undefined): KnownSession | undefined {
    const now = this.clock.now();
    if (!session || session.expiresAt <= now) return undefined;
    this.usage.sessionUsed(session.id, now);
    return session;
  }
}

function keyOf(sessionId: string, identityId: string): string {
  return `${sessionId}/${identityId}`;
}

/** Also of one whose end the news have not told this process yet. */
export function sessionEnded(): AppError {
  return unauthenticated('SESSION_ENDED', 'The session has ended; sign in again.');
}
