import { randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Envelope } from '@dovecote/secret';
import { PinoLogger } from 'nestjs-pino';
import { Clock } from '../../../platform/clock/clock.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import type { DropReason } from './accepted-batch.js';
import { CookielessStore } from './cookieless.store.js';
import { firstCookielessDay } from './occur-time.rules.js';

const SALT_BYTES = 32;
/** Then the database is asked again: it loses its salts in a crash, and another process may have made a new one. */
const REMEMBERED_MS = 60_000;
const FORGET_EVERY_MS = 10_000;

interface Remembered {
  readonly salt: Buffer;
  readonly readAt: number;
}

/**
 * The random salt of each day, the same in every process. With it, an attacker could try out which address was a given
 * visitor; two days after its day began, it is forgotten.
 */
@Injectable()
export class CookielessSalts implements OnApplicationShutdown {
  private readonly remembered = new Map<string, Remembered>();
  private readonly reading = new Map<string, Promise<Buffer | DropReason>>();
  private readonly timer = setInterval(() => this.forgetOld(), FORGET_EVERY_MS).unref();

  constructor(
    private readonly store: CookielessStore,
    private readonly scopes: Scopes,
    private readonly clock: Clock,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
    private readonly log: PinoLogger,
  ) {
    log.setContext('analytics');
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** The salt of a day that is today or yesterday, or why there is none. */
  of(scope: Scope, day: string): Promise<Buffer | DropReason> {
    this.forgetOld();
    const remembered = this.remembered.get(day);
    // A copy: what is remembered may be overwritten while the request is under way.
    const known = remembered && Buffer.from(remembered.salt);
    if (known && performance.now() - remembered.readAt < REMEMBERED_MS) return Promise.resolve(known);
    const reading = this.reading.get(day) ?? this.read(scope, day, known);
    this.reading.set(day, reading);
    return reading.finally(() => this.reading.delete(day));
  }

  /** Forgets the salts of other days than today and yesterday, here and in the database. */
  async purge(scope: Scope): Promise<void> {
    this.forgetOld();
    await this.store.forgetSaltsBefore(scope, firstCookielessDay(scope.now()));
  }

  private async read(scope: Scope, day: string, known: Buffer | undefined): Promise<Buffer | DropReason> {
    let sealed: Buffer;
    try {
      // Apart from the call's transaction, which would fail as a whole. Without its signal: other calls wait for the same.
      const origin = { ...originOf(scope), signal: undefined };
      sealed = await this.scopes.run(origin, (own) => this.findOrKeep(own, day, known));
    } catch (error) {
      this.log.warn({ err: error, day }, 'daily salt not read');
      return known ?? 'salt_unavailable';
    }
    const salt = this.opened(sealed, day);
    if (!salt) return 'salt_corrupt';
    // A day can end while its salt is being read.
    if (day >= firstCookielessDay(this.clock.now()))
      this.remembered.set(day, { salt: Buffer.from(salt), readAt: performance.now() });
    return salt;
  }

  private async findOrKeep(scope: Scope, day: string, known: Buffer | undefined): Promise<Buffer> {
    const found = await this.store.findSalt(scope, day);
    if (found) return found;
    // Another process may be first: what counts is what the database has then.
    await this.store.keepSalt(
      scope,
      day,
      this.envelope.seal(known ?? randomBytes(SALT_BYTES), contextOf(day)),
    );
    const kept = await this.store.findSalt(scope, day);
    if (!kept) throw new Error(`The salt of ${day} was forgotten while it was kept.`);
    return kept;
  }

  private opened(sealed: Buffer, day: string): Buffer | undefined {
    try {
      const salt = this.envelope.open(sealed, contextOf(day));
      if (salt.length === SALT_BYTES) return salt;
    } catch (error) {
      this.log.error({ err: error, day }, 'daily salt cannot be opened');
    }
    return undefined;
  }

  private forgetOld(): void {
    const first = firstCookielessDay(this.clock.now());
    for (const [day, { salt }] of this.remembered) {
      if (day >= first) continue;
      salt.fill(0);
      this.remembered.delete(day);
    }
  }
}

const contextOf = sealedColumn(
  { table: 'cookieless_salt', column: 'sealed', places: ['day'] },
  (day) => `cookieless_salt:${day}`,
);
