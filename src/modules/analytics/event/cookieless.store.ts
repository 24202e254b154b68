import { Injectable } from '@nestjs/common';
import { readStatement, setStatement, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { SESSION_GAP_MS, type VisitorState } from './cookieless-session.rules.js';

const findSalt = readStatement('cookieless_salt.find', 'select sealed from cookieless_salt where day = $1');
const keepSalt = statement(
  'cookieless_salt.keep',
  'insert into cookieless_salt (day, sealed) values ($1, $2) on conflict (day) do nothing',
);
const forgetSalts = statement('cookieless_salt.forget', 'select forget_cookieless_salts($1::date)');

// $2 and $3: the last run of events, $4: the session that it begins when the known one is over.
const touch = statement(
  'cookieless_session.touch',
  `insert into cookieless_session as known (visitor, newest, session, touched_at)
   values ($1, $3::bigint, $4, $5)
   on conflict (visitor) do update set
     newest_before = known.newest, session_before = known.session, touched_at = $5,
     newest = greatest(known.newest, excluded.newest),
     session = case when $2::bigint > known.newest + ${SESSION_GAP_MS} then excluded.session else known.session end
   returning newest_before as "newestBefore", session_before as "sessionBefore"`,
);
const purgeSessions = setStatement(
  'cookieless_session.purge',
  'delete from cookieless_session where touched_at < $1',
);

/** The salts of the days, sealed, and the sessions of visitors. */
@Injectable()
export class CookielessStore {
  async findSalt(scope: Scope, day: string): Promise<Buffer | undefined> {
    const row = await (await scope.tx()).queryOne<{ sealed: Buffer }>(findSalt, [day]);
    return row?.sealed;
  }

  /** Keeps the salt unless the day has one already. */
  async keepSalt(scope: Scope, day: string, sealed: Buffer): Promise<void> {
    await (await scope.tx()).execute(keepSalt, [day, sealed]);
  }

  async forgetSaltsBefore(scope: Scope, firstKept: string): Promise<void> {
    await (await scope.tx()).execute(forgetSalts, [firstKept]);
  }

  /** Notes events of a visitor, and returns what was known before; the row stays locked until the transaction ends. */
  async touch(
    scope: Scope,
    visitor: string,
    run: { readonly first: number; readonly last: number },
    session: string,
  ): Promise<VisitorState | undefined> {
    const row = await (
      await scope.tx()
    ).queryOne<{ newestBefore: string | null; sessionBefore: string | null }>(touch, [
      visitor,
      run.first,
      run.last,
      session,
      scope.now(),
    ]);
    if (row?.newestBefore == null || row.sessionBefore == null) return undefined;
    return { newest: Number(row.newestBefore), session: row.sessionBefore };
  }

  async purgeSessions(scope: Scope, untouchedSince: Date): Promise<void> {
    await (await scope.tx()).execute(purgeSessions, [untouchedSince]);
  }
}
