import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { PinoLogger } from 'nestjs-pino';
import {
  Database,
  setStatement,
  type Statement,
  statement,
  type TransactionSettings,
} from '../database/index.js';

/** `last_used_at` may lag behind by this much; it never costs a call a write. */
const FLUSH_MS = 5_000;

// Locked in the order of ids first: two processes that write the same rows wait for each other, no more.
const touchApiKeys = statement(
  'usage.touch_api_keys',
  `with used as materialized (
     select k.id, u.at from api_key k join unnest($2::uuid[], $3::timestamptz[]) as u (id, at) on u.id = k.id
      where k.org_id = $1 order by k.id for no key update of k)
   update api_key set last_used_at = greatest(last_used_at, used.at)
     from used where api_key.org_id = $1 and api_key.id = used.id`,
);
const touchSessions = statement(
  'usage.touch_sessions',
  `with used as materialized (
     select s.id, u.at from session s join unnest($1::uuid[], $2::timestamptz[]) as u (id, at) on u.id = s.id
      order by s.id for no key update of s)
   update session set last_used_at = greatest(last_used_at, used.at) from used where session.id = used.id`,
);

// One update for each; members and sessions deleted in the meantime are skipped.
const noteSessionUses = setStatement(
  'usage.note_session_uses',
  `insert into session_use (org_id, user_id, session_id, first_used_at)
   select m.org_id, m.id, s.id, u.at
     from unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) as u (user_id, session_id, at)
     join member m on m.org_id = $1 and m.id = u.user_id
     join session s on s.id = u.session_id
   on conflict do nothing`,
);

/** A session in one organization. */
interface SessionUse {
  userId: string;
  sessionId: string;
  at: Date;
}

/** Collects when keys and sessions were used, and where, and writes it in batches. */
@Injectable()
export class UsageRecorder implements OnModuleInit, BeforeApplicationShutdown {
  private apiKeys = new Map<string, Map<string, Date>>();
  private sessions = new Map<string, Date>();
  private sessionUses = new Map<string, SessionUse[]>();
  private readonly notedUses = new LRUCache<string, true>({ max: 100_000 });
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

  /** Records the first use of a session in an organization. */
  sessionUsedIn(orgId: string, use: SessionUse): void {
    const key = `${orgId}/${use.sessionId}`;
    if (this.notedUses.has(key)) return;
    this.notedUses.set(key, true);
    this.sessionUses.set(orgId, [...(this.sessionUses.get(orgId) ?? []), use]);
  }

  onModuleInit(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_MS);
    this.timer.unref();
  }

  /** While the database is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  /** Writes what was collected; what cannot be written now is kept for the next time. */
  async flush(): Promise<void> {
    const { apiKeys, sessions, sessionUses } = this;
    this.apiKeys = new Map();
    this.sessions = new Map();
    this.sessionUses = new Map();
    for (const [orgId, keys] of apiKeys) {
      await this.write({ orgId }, touchApiKeys, [orgId, [...keys.keys()], [...keys.values()]], () =>
        this.apiKeys.set(orgId, new Map([...keys, ...(this.apiKeys.get(orgId) ?? [])])),
      );
    }
    for (const [orgId, uses] of sessionUses) {
      const values = [
        uses.map((use) => use.userId),
        uses.map((use) => use.sessionId),
        uses.map(({ at }) => at),
      ];
      await this.write({ orgId }, noteSessionUses, [orgId, ...values], () =>
        this.sessionUses.set(orgId, [...uses, ...(this.sessionUses.get(orgId) ?? [])]),
      );
    }
    if (sessions.size > 0) {
      await this.write({}, touchSessions, [[...sessions.keys()], [...sessions.values()]], () => {
        this.sessions = new Map([...sessions, ...this.sessions]);
      });
    }
  }

  private async write(
    settings: TransactionSettings,
    touch: Statement,
    values: unknown[],
    putBack: () => unknown,
  ): Promise<void> {
    try {
      await this.database.transaction(settings, (tx) => tx.execute(touch, values));
    } catch (error) {
      putBack();
      this.log.warn({ err: error }, 'last use was not recorded');
    }
  }
}
