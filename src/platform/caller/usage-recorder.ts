import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { Database, statement } from '../database/index.js';

/** `last_used_at` may lag behind by this much; it never costs a call a write. */
const FLUSH_MS = 5_000;

const touchApiKeys = statement(
  'usage.touch_api_keys',
  `update api_key set last_used_at = greatest(last_used_at, used.at)
     from unnest($2::uuid[], $3::timestamptz[]) as used (id, at)
    where api_key.org_id = $1 and api_key.id = used.id`,
);
const touchSessions = statement(
  'usage.touch_sessions',
  `update session set last_used_at = greatest(last_used_at, used.at)
     from unnest($1::uuid[], $2::timestamptz[]) as used (id, at) where session.id = used.id`,
);

/** Collects when keys and sessions were used and writes it in batches. */
@Injectable()
export class UsageRecorder implements OnModuleInit, BeforeApplicationShutdown {
  private apiKeys = new Map<string, Map<string, Date>>();
  private sessions = new Map<string, Date>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly log: PinoLogger,
  ) {
    log.setContext('usage');
  }

  apiKeyUsed(orgId: string, keyId: string, at: Date): void {
    const keys = this.apiKeys.get(orgId) ?? new Map<string, Date>();
    this.apiKeys.set(orgId, keys.set(keyId, at));
  }

  sessionUsed(sessionId: string, at: Date): void {
    this.sessions.set(sessionId, at);
  }

  onModuleInit(): void {
    this.timer = setInterval(() => {
      this.flush().catch((error: unknown) => this.log.warn({ err: error }, 'last use was not recorded'));
    }, FLUSH_MS);
    this.timer.unref();
  }

  /** While the database is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flush().catch((error: unknown) => this.log.warn({ err: error }, 'last use was not recorded'));
  }

  async flush(): Promise<void> {
    const { apiKeys, sessions } = this;
    this.apiKeys = new Map();
    this.sessions = new Map();
    for (const [orgId, keys] of apiKeys) {
      await this.database.transaction({ orgId }, (tx) =>
        tx.execute(touchApiKeys, [orgId, [...keys.keys()], [...keys.values()]]),
      );
    }
    if (sessions.size > 0) {
      await this.database.transaction({}, (tx) =>
        tx.execute(touchSessions, [[...sessions.keys()], [...sessions.values()]]),
      );
    }
  }
}
