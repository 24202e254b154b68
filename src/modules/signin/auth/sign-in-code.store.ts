import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { notAhead, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import {
  addressLimits,
  clientLimits,
  CODES_KEPT_MS,
  type Recent,
  type RecentCodes,
  SENDS_WINDOW_MS,
} from './sign-in.rules.js';

export interface NewCode {
  id: string;
  email: string;
  codeHash: Buffer;
  /** SHA-256 of the secret of the requesting device. */
  stateHash: Buffer;
  /** The network address of the client, as the rate limits count it. */
  client: string;
  expiresAt: Date;
}

/** A code presented for sign-in. */
export interface TriedCode {
  id: string;
  email: string;
  codeHash: Buffer;
  /** Null for codes from before there were links. */
  stateHash: Buffer | null;
}

const lock = statement(
  'sign_in_code.lock',
  `select pg_advisory_xact_lock(hashtextextended('sign_in_code/' || $1, 0))`,
);
const recentBy = (who: string, most: number) => `json_build_object(
  'sentAt', array(select created_at from sign_in_code
                   where ${who} and created_at > $3 and ${notAhead('created_at', '$5')}
                   order by created_at desc limit ${most}),
  'wrong', (select count(*) from sign_in_guess where ${who} and made_at > $4 and ${notAhead('made_at', '$5')}),
  'wrongSince', (select min(made_at) from sign_in_guess
                  where ${who} and made_at > $4 and ${notAhead('made_at', '$5')}))`;
const recent = statement(
  'sign_in_code.recent',
  `select ${recentBy('email = $1 and client = $2', clientLimits.sends)} as "byClient",
          ${recentBy('email = $1', addressLimits.sends)} as "byAll",
          today.sent as "sentToday", today.since as "sentTodaySince",
          exists (select from identity i join session s on s.identity_id = i.id
                   where i.email = $1 and s.address <> '' and s.address = $6) as "isKnownClient"
     from (select count(*)::integer as sent, min(created_at) as since from sign_in_code
            where email = $1 and created_at > $4 and ${notAhead('created_at', '$5')}) today`,
);
const insert = statement(
  'sign_in_code.insert',
  `insert into sign_in_code (id, email, code_hash, state_hash, created_at, expires_at, client)
   values ($1, $2, $3, $4, $5, $6, $7)`,
);
const live = (now: string) => `attempts < ${addressLimits.attempts} and consumed_at is null
  and expires_at > ${now} and ${notAhead('created_at', now)}`;
// One guess of a client after the other: each sees those before it.
const lockGuess = statement(
  'sign_in_guess.lock',
  `select pg_advisory_xact_lock(hashtextextended('sign_in_guess/' || $1 || '/' || $2, 0))`,
);
// Spent before anything is compared, at every code that it might be. $1 address, $2 client, $3 now, $4 its id.
const attemptAt = (which: string) => `
  with tried as materialized (
    select c.id, c.email from sign_in_code c
     where ${which} and ${live('$3')} and ${clientLimits.attempts} > (
       select count(*) from sign_in_guess g
        where g.email = c.email and g.client = $2 and g.made_at >= c.created_at)
     order by c.id for update of c
  ), guess as (
    insert into sign_in_guess (id, email, client, made_at) select $4, email, $2, $3 from tried limit 1
  )
  update sign_in_code set attempts = attempts + 1 where id in (select id from tried)
  returning id, email, code_hash as "codeHash", state_hash as "stateHash"`;
const attempt = statement('sign_in_code.attempt', attemptAt('c.email = $1'));
const attemptById = statement('sign_in_code.attempt_by_id', attemptAt('c.id = $1'));
const forgiveGuesses = statement(
  'sign_in_guess.forgive',
  'delete from sign_in_guess where email = $1 and client = $2',
);
const purgeGuesses = statement('sign_in_guess.purge', 'delete from sign_in_guess where made_at < $1');
const isLive = statement(
  'sign_in_code.is_live',
  `select exists (select from sign_in_code where id = $1 and ${live('$2')}) as live`,
);
const consume = statement(
  'sign_in_code.consume',
  `update sign_in_code set consumed_at = $2 where id = $1 and consumed_at is null`,
);
const purge = statement('sign_in_code.purge', `delete from sign_in_code where created_at < $1`);

type RecentRow = Omit<RecentCodes, 'byClient' | 'byAll'> & Record<'byClient' | 'byAll', RecentJson>;
interface RecentJson {
  sentAt: string[];
  wrong: number;
  wrongSince: string | null;
}

@Injectable()
export class SignInCodeStore {
  /** What the limits are decided on. Held until the transaction ends: calls at once cannot all pass. */
  async recentForInsert(scope: Scope, email: string, client: string): Promise<RecentCodes> {
    const tx = await scope.tx();
    await tx.execute(lock, [email]);
    const now = scope.now();
    const windowBegan = new Date(now.getTime() - SENDS_WINDOW_MS);
    const dayBegan = new Date(now.getTime() - CODES_KEPT_MS);
    const values = [email, client, windowBegan, dayBegan, now, scope.address ?? ''];
    const row = await tx.queryOne<RecentRow>(recent, values);
    if (!row) throw new Error('The statement returned no row.');
    return { ...row, byClient: toRecent(row.byClient), byAll: toRecent(row.byAll) };
  }

  async insert(scope: Scope, code: NewCode): Promise<void> {
    const { id, email, codeHash, stateHash, expiresAt, client } = code;
    const values = [id, email, codeHash, stateHash, scope.now(), expiresAt, client];
    await (await scope.tx()).execute(insert, values);
  }

  /** Spends an attempt of the client at every code of the address that it may still try. */
  async attempt(scope: Scope, email: string, client: string): Promise<TriedCode[]> {
    const tx = await scope.tx();
    await tx.execute(lockGuess, [email, client]);
    return tx.query<TriedCode>(attempt, [email, client, scope.now(), uuid()]);
  }

  /** The same for the one that a link names; undefined when it may not be tried. */
  async attemptById(scope: Scope, id: string, client: string): Promise<TriedCode | undefined> {
    const tx = await scope.tx();
    await tx.execute(lockGuess, [id, client]);
    return tx.queryOne<TriedCode>(attemptById, [id, client, scope.now(), uuid()]);
  }

  async isLive(scope: Scope, id: string): Promise<boolean> {
    const row = await (await scope.tx()).queryOne<{ live: boolean }>(isLive, [id, scope.now()]);
    return row?.live ?? false;
  }

  /** Consumes the code; false when a concurrent call did. Success resets the count of wrong attempts. */
  async consume(
    scope: Scope,
    { id, email }: { id: string; email: string },
    client: string,
  ): Promise<boolean> {
    const tx = await scope.tx();
    if ((await tx.execute(consume, [id, scope.now()])).rowCount !== 1) return false;
    await tx.execute(forgiveGuesses, [email, client]);
    return true;
  }

  async purge(scope: Scope): Promise<void> {
    const tx = await scope.tx();
    const dayBegan = new Date(scope.now().getTime() - CODES_KEPT_MS);
    await tx.execute(purge, [dayBegan]);
    await tx.execute(purgeGuesses, [dayBegan]);
  }
}

function toRecent({ sentAt, wrong, wrongSince }: RecentJson): Recent {
  return {
    wrong,
    sentAt: sentAt.map((at) => new Date(at)),
    wrongSince: wrongSince === null ? null : new Date(wrongSince),
  };
}
