import { Injectable } from '@nestjs/common';
import { PinoLogger } from 'nestjs-pino';
import { AppError } from '../../../platform/errors/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import type { DropReason } from './accepted-batch.js';
import { lastRun, sessionsOf } from './cookieless-session.rules.js';
import { CookielessSalts } from './cookieless-salts.js';
import { CookielessStore } from './cookieless.store.js';
import { CookielessVisitor } from './cookieless-visitor.js';
import type { EventDraft } from './event-draft.js';
import { cookielessDay } from './occur-time.rules.js';

/** The state of a visitor without events. */
const SESSION_KEPT_MS = 24 * 60 * 60_000;

/** Gives cookieless events the ids of a visitor of their day, and of the visitor's session. */
@Injectable()
export class CookielessIdentity {
  constructor(
    private readonly salts: CookielessSalts,
    private readonly store: CookielessStore,
    private readonly scopes: Scopes,
    private readonly log: PinoLogger,
  ) {
    log.setContext('analytics');
  }

  /**
   * Identifies the drafts, all of them cookieless, of the person at `address`. Returns those that have to be left out.
   * @throws AppError COOKIELESS_IDENTITY_UNAVAILABLE when the request lacks an address or a user agent.
   */
  async identify(
    scope: Scope,
    drafts: readonly EventDraft[],
    address: string,
  ): Promise<Map<EventDraft, DropReason>> {
    const left = new Map<EventDraft, DropReason>();
    if (drafts.length === 0) return left;
    if (address === '' || scope.userAgent === '')
      throw new AppError(
        'invalid_argument',
        'COOKIELESS_IDENTITY_UNAVAILABLE',
        'Cookieless events need a request with a User-Agent and a known client address.',
      );
    for (const [day, ofDay] of Map.groupBy(drafts, (draft) => cookielessDay(draft.occurTime, scope.now()))) {
      const salt = day === undefined ? 'day_out_of_range' : await this.salts.of(scope, day);
      if (typeof salt === 'string') for (const draft of ofDay) left.set(draft, salt);
      else await this.identifyVisitor(scope, ofDay, salt, address);
    }
    return left;
  }

  async purgeSessions(scope: Scope): Promise<void> {
    await this.store.purgeSessions(scope, new Date(scope.now().getTime() - SESSION_KEPT_MS));
  }

  private async identifyVisitor(
    scope: Scope,
    drafts: readonly EventDraft[],
    salt: Buffer,
    address: string,
  ): Promise<void> {
    const { userAgent } = scope;
    const visitor = new CookielessVisitor(salt, { projectId: scope.project.id, address, userAgent });
    const times = [...new Set(drafts.map(({ occurTime }) => occurTime))].sort((a, b) => a - b);
    const sessions = await this.sessionsOf(scope, visitor, times);
    for (const draft of drafts) {
      draft.distinctId = visitor.distinctId;
      draft.sessionId = sessions?.get(draft.occurTime) ?? visitor.onlySession;
    }
  }

  private async sessionsOf(
    scope: Scope,
    visitor: CookielessVisitor,
    times: readonly number[],
  ): Promise<ReadonlyMap<number, string> | undefined> {
    const run = lastRun(times);
    const begun = visitor.sessions.startingAt(run.first);
    try {
      // Apart from the call's transaction, which would fail as a whole and hold the visitor's row for longer.
      const before = await this.scopes.run(originOf(scope), (own) =>
        this.store.touch(own, visitor.key, run, begun),
      );
      return sessionsOf(times, before, visitor.sessions);
    } catch (error) {
      this.log.warn({ err: error }, 'session of a visitor not known; using one for the day');
      return undefined;
    }
  }
}
