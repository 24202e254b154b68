import { Injectable } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { Database, statement } from '../database/index.js';
import { CredentialCache } from './credential-cache.js';
import { RevocationFeed } from './revocation-feed.js';
import { UsageRecorder } from './usage-recorder.js';

interface KnownSession {
  id: string;
  expiresAt: Date;
}

const findLive = statement(
  'session.find_live',
  `select id, expires_at as "expiresAt" from session where id = $1 and identity_id = $2 and revoked_at is null`,
);

/** Tells whether the session behind an access token still lives. */
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

  /** Whether `isLive` would say yes without a look into the database. */
  isKnownLive(sessionId: string, identityId: string): boolean {
    return this.used(this.cache.recall(keyOf(sessionId, identityId)));
  }

  async isLive(sessionId: string, identityId: string): Promise<boolean> {
    const session = await this.cache.get(keyOf(sessionId, identityId), () =>
      this.database.transaction({ readOnly: true }, (tx) =>
        tx.queryOne<KnownSession>(findLive, [sessionId, identityId]),
      ),
    );
    return this.used(session);
  }

  private used(session: KnownSession | undefined): boolean {
    const now = this.clock.now();
    if (!session || session.expiresAt <= now) return false;
    this.usage.sessionUsed(session.id, now);
    return true;
  }
}

function keyOf(sessionId: string, identityId: string): string {
  return `${sessionId}/${identityId}`;
}
