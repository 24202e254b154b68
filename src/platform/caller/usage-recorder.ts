import { type BeforeApplicationShutdown, Injectable, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { PinoLogger } from 'nestjs-pino';
import { Database, type Statement, type TransactionSettings } from '../database/index.js';

/** `last_used_at` may lag behind by this much; it never costs a call a write. */
const FLUSH_MS = 5_000;

/** How uses are written. Of each statement the first values are the ids, in arrays of equal length with the times. */
export interface UsageStatements {
  /** `$1` the organization, `$2` keys, `$3` times. */
  readonly apiKeys: Statement;
  /** `$1` the organization, `$2` keys of projects, `$3` times. */
  readonly projectKeys: Statement;
  /** `$1` sessions, `$2` times. */
  readonly sessions: Statement;
  /** `$1` the organization, `$2` members, `$3` their sessions, `$4` times. A pair that is there already stays. */
  readonly sessionUses: Statement;
}

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
  private projectKeys = new Map<string, Map<string, Date>>();
  private sessions = new Map<string, Date>();
  private sessionUses = new Map<string, SessionUse[]>();
  private readonly notedUses = new LRUCache<string, true>({ max: 100_000 });
  private timer: NodeJS.Timeout | undefined;
  private statements: Partial<UsageStatements> = {};
  /** What is being written, and what will be after it. */
  private writing: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly log: PinoLogger,
  ) {
    log.setContext('usage');
  }

  /** Called by the modules that own the tables, when they start. */
  contribute(statements: Partial<UsageStatements>): void {
    this.statements = { ...this.statements, ...statements };
  }

  apiKeyUsed(orgId: string, keyId: string, at: Date): void {
    const keys = this.apiKeys.get(orgId) ?? new Map<string, Date>();
    this.apiKeys.set(orgId, keys.set(keyId, at));
  }

  projectKeyUsed(orgId: string, keyId: string, at: Date): void {
    const keys = this.projectKeys.get(orgId) ?? new Map<string, Date>();
    this.projectKeys.set(orgId, keys.set(keyId, at));
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

  /**
   * Writes what was collected until now, also by what was writing already; what cannot be written is kept for the next time.
   * One that has not begun yet is enough for all who wait.
   */
  flush(): Promise<void> {
    this.next ??= this.writing.then(() => {
      this.next = undefined;
      this.writing = this.writeCollected();
      return this.writing;
    });
    return this.next;
  }

  private async writeCollected(): Promise<void> {
    const { apiKeys, projectKeys, sessions, sessionUses } = this;
    this.apiKeys = new Map();
    this.projectKeys = new Map();
    this.sessions = new Map();
    this.sessionUses = new Map();
    for (const [orgId, keys] of apiKeys) {
      await this.write({ orgId }, 'apiKeys', [orgId, [...keys.keys()], [...keys.values()]], () =>
        this.apiKeys.set(orgId, new Map([...keys, ...(this.apiKeys.get(orgId) ?? [])])),
      );
    }
    for (const [orgId, keys] of projectKeys) {
      await this.write({ orgId }, 'projectKeys', [orgId, [...keys.keys()], [...keys.values()]], () =>
        this.projectKeys.set(orgId, new Map([...keys, ...(this.projectKeys.get(orgId) ?? [])])),
      );
    }
    for (const [orgId, uses] of sessionUses) {
      const values = [
        uses.map((use) => use.userId),
        uses.map((use) => use.sessionId),
        uses.map(({ at }) => at),
      ];
      await this.write({ orgId }, 'sessionUses', [orgId, ...values], () =>
        this.sessionUses.set(orgId, [...uses, ...(this.sessionUses.get(orgId) ?? [])]),
      );
    }
    if (sessions.size > 0) {
      await this.write({}, 'sessions', [[...sessions.keys()], [...sessions.values()]], () => {
        this.sessions = new Map([...sessions, ...this.sessions]);
      });
    }
  }

  private async write(
    settings: TransactionSettings,
    kind: keyof UsageStatements,
    values: unknown[],
    putBack: () => unknown,
  ): Promise<void> {
    try {
      const statement = this.statements[kind];
      if (!statement) throw new Error(`No module has contributed how ${kind} are written.`);
      await this.database.transaction(settings, (tx) => tx.execute(statement, values));
    } catch (error) {
      putBack();
      this.log.warn({ err: error }, 'last use was not recorded');
    }
  }
}
