import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Clock } from '../clock/clock.js';
import { Database, statement } from '../database/index.js';
import { type AppError, permissionDenied } from '../errors/index.js';
import { addJob } from '../jobs/add-job.js';
import type { PersonCaller } from './caller.js';
import type { Membership } from './memberships.directory.js';

export type Entry = 'usual' | 'break_glass' | AppError;

/**
 * Whether a session may act in an organization: a provider's session in its own organization only; with SSO
 * enforced, no other sessions except break-glass ones.
 */
export function entryOf(
  { ssoOrgId, byPasskey }: Pick<PersonCaller, 'ssoOrgId' | 'byPasskey'>,
  { orgId, ssoEnforced, breakGlassUntil }: Pick<Membership, 'orgId' | 'ssoEnforced' | 'breakGlassUntil'>,
  now: Date,
): Entry {
  if (ssoOrgId === orgId) return 'usual';
  if (ssoOrgId) {
    return permissionDenied(
      'SESSION_OF_ANOTHER_ORGANIZATION',
      'You signed in through the identity provider of another organization; sign in again to work here.',
    );
  }
  if (!ssoEnforced) return 'usual';
  if (byPasskey && breakGlassUntil && breakGlassUntil > now) return 'break_glass';
  return permissionDenied(
    'SSO_REQUIRED',
    'This organization requires single sign-on; sign in through its identity provider.',
  );
}

export const breakGlassUsedTask = 'sso.break_glass_used';

const noteUse = statement(
  'sso_break_glass_use.insert',
  `insert into sso_break_glass_use (org_id, user_id, session_id, used_at) values ($1, $2, $3, $4)
   on conflict do nothing`,
);

/** Records break-glass sessions, before the first call of each is answered. */
@Injectable()
export class BreakGlassUses {
  private readonly noted = new LRUCache<string, true>({ max: 10_000 });

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  isNoted({ orgId }: Membership, { sessionId }: PersonCaller): boolean {
    return this.noted.has(`${orgId}/${sessionId}`);
  }

  async note({ orgId, userId }: Membership, { sessionId }: PersonCaller): Promise<void> {
    await this.database.transaction({ orgId }, async (tx) => {
      const { rowCount } = await tx.execute(noteUse, [orgId, userId, sessionId, this.clock.now()]);
      // On another server, or before this one started, it was noted already.
      if (rowCount === 1)
        await addJob(tx, orgId, { task: breakGlassUsedTask, payload: { userId, sessionId } });
    });
    this.noted.set(`${orgId}/${sessionId}`, true);
  }
}
