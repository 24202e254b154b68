import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestDatabase } from '../support/test-database.js';
import { type Link, PostgresProxy } from './postgres-proxy.js';

/** Where a process can be killed: before PostgreSQL hears of a statement, or when its transaction is committed and it is not told. */
type When = 'sent' | 'committed';

/** What campaigns and their calls consist of. */
const PREFIXES = [
  'audience',
  'audit_event',
  'campaign',
  'delivery',
  'device',
  'inbox',
  'jobs',
  'manager',
  'message',
  'omission',
  'push_outbox',
  'recipient',
  'skip',
  'webhook',
];

/** Named statements in the messages that bind them, of the extended protocol: "B", length, unnamed portal, name. */
const BOUND = /B[\s\S]{4}\0([a-z_]+)\.([a-z_]+)\0/g;
/** Statements that are planned each time are parsed without a name: "P", length, no name, text. They are told by how they begin. */
const UNNAMED = /P[\s\S]{4}\0((?:insert|update|delete|select|with)\b[^\0]*)\0/g;
const TOLD_BY = 48;

/** Between processes and PostgreSQL: has processes stop at their statements, each before it and behind it, once each. */
export class StatementPoints {
  private proxy: PostgresProxy | undefined;
  private readonly seen = new Set<string>();
  private readonly hit = new Set<string>();
  /** Told which point has been reached. */
  private onHit: ((point: string) => void) | undefined;

  private constructor() {}

  static async start(database: () => TestDatabase): Promise<StatementPoints> {
    const points = new StatementPoints();
    points.proxy = await PostgresProxy.start(
      database,
      (incoming, outgoing) => new Connection(incoming, outgoing, points),
    );
    return points;
  }

  /** DATABASE_URL and DATABASE_APP_URL of the processes. */
  get env(): Record<string, string> {
    return this.proxy?.env ?? {};
  }

  /** How many points the statements have that were seen, and at how many of them a process has stopped. */
  get coverage(): { hit: number; of: number; left: readonly string[] } {
    const all = [...this.seen].flatMap((name) => [pointOf(name, 'sent'), pointOf(name, 'committed')]).sort();
    const left = all.filter((point) => !this.hit.has(point));
    return { hit: all.length - left.length, of: all.length, left };
  }

  /**
   * Cuts off the connection on which the next process comes to a point at which none has stopped yet: the process is to be
   * killed. Undefined when none does in time.
   */
  async stopNext(waitMs: number): Promise<string | undefined> {
    const waiting = new AbortController();
    const reached = new Promise<string>((resolve) => (this.onHit = resolve));
    const point = await Promise.race([
      reached,
      delay(waitMs, undefined, { signal: waiting.signal }).catch(() => undefined),
    ]);
    waiting.abort();
    this.onHit = undefined;
    return point;
  }

  /** Whether the process that sends the statement is to stop there: true once. */
  reach(name: string, when: When): boolean {
    this.seen.add(name);
    const point = pointOf(name, when);
    if (!this.onHit || this.hit.has(point)) return false;
    this.hit.add(point);
    this.onHit(point);
    this.onHit = undefined;
    return true;
  }

  async stop(): Promise<void> {
    await this.proxy?.stop();
  }
}

function pointOf(name: string, when: When): string {
  return `${name} ${when}`;
}

function namesIn(text: string): string[] {
  const named = [...text.matchAll(BOUND)].flatMap(([, prefix = '', name = '']) =>
    PREFIXES.some((known) => prefix.startsWith(known)) ? [`${prefix}.${name}`] : [],
  );
  const unnamed = [...text.matchAll(UNNAMED)].flatMap(([, statement = '']) =>
    PREFIXES.some((known) => statement.includes(known))
      ? [`"${statement.replaceAll(/\s+/g, ' ').slice(0, TOLD_BY)}"`]
      : [],
  );
  return [...named, ...unnamed];
}

class Connection implements Link {
  private stopped: 'before' | 'behind' | undefined;
  /** The statements of the transaction. */
  private names: string[] = [];
  /** Those of the transaction that is being committed. */
  private committing: string[] = [];
  private readonly incoming: Socket;
  private readonly outgoing: Socket;
  private readonly points: StatementPoints;

  constructor(incoming: Socket, outgoing: Socket, points: StatementPoints) {
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.points = points;
  }

  hear(chunk: Buffer): void {
    if (this.stopped) return;
    const text = chunk.toString('latin1');
    const names = namesIn(text);
    if (names.some((name) => this.points.reach(name, 'sent'))) {
      this.stopped = 'before';
      return;
    }
    this.names.push(...names);
    const [end] = /\b(?:commit|rollback)\b/.exec(text) ?? [];
    if (end) {
      this.committing = end === 'commit' ? this.names : [];
      this.names = [];
    }
    this.outgoing.write(chunk);
  }

  answer(chunk: Buffer): void {
    if (this.stopped) return;
    // The answer itself says that the transaction is committed.
    if (this.committing.length > 0 && chunk.includes('COMMIT\0')) {
      const names = this.committing;
      this.committing = [];
      if (names.some((name) => this.points.reach(name, 'committed'))) {
        this.stopped = 'behind';
        return;
      }
    }
    this.incoming.write(chunk);
  }
}
