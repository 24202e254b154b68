import { Injectable } from '@nestjs/common';
import { statement } from '../../platform/database/index.js';
import type { Scope } from '../../platform/scope/index.js';
import { CODE_ATTEMPTS, CODES_KEPT_MS, type RecentCodes, SENDS, SENDS_WINDOW_MS } from './sign-in.rules.js';

export interface NewCode {
  id: string;
  email: string;
  codeHash: Buffer;
  /** Of the secret of the device that asked. */
  stateHash: Buffer;
  expiresAt: Date;
}

/** A code that somebody tries. */
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
const recent = statement(
  'sign_in_code.recent',
  `select coalesce(array(select created_at from sign_in_code where email = $1 and created_at > $2
                          order by created_at desc limit ${SENDS}), '{}') as "sentAt",
          (select coalesce(sum(attempts), 0)::integer from sign_in_code
            where email = $1 and created_at > $3 and consumed_at is null) as wrong,
          (select min(created_at) from sign_in_code
            where email = $1 and created_at > $3 and consumed_at is null and attempts > 0) as "wrongSince"`,
);
const insert = statement(
  'sign_in_code.insert',
  `insert into sign_in_code (id, email, code_hash, state_hash, created_at, expires_at)
   values ($1, $2, $3, $4, $5, $6)`,
);
const live = `attempts < ${CODE_ATTEMPTS} and consumed_at is null and expires_at > $2`;
// Only the latest code of an address counts. The attempt is spent before anything is compared.
const attempt = statement(
  'sign_in_code.attempt',
  `update sign_in_code set attempts = attempts + 1
    where id = (select id from sign_in_code where email = $1 order by created_at desc, id desc limit 1)
      and ${live}
   returning id, email, code_hash as "codeHash", state_hash as "stateHash"`,
);
const isLatest = `id = (select latest.id from sign_in_code latest where latest.email = sign_in_code.email
                        order by latest.created_at desc, latest.id desc limit 1)`;
const attemptById = statement(
  'sign_in_code.attempt_by_id',
  `update sign_in_code set attempts = attempts + 1 where id = $1 and ${isLatest} and ${live}
   returning id, email, code_hash as "codeHash", state_hash as "stateHash"`,
);
const isLive = statement(
  'sign_in_code.is_live',
  `select exists (select from sign_in_code where id = $1 and ${isLatest} and ${live}) as live`,
);
const consume = statement(
  'sign_in_code.consume',
  `update sign_in_code set consumed_at = $2 where id = $1 and consumed_at is null`,
);
const purge = statement('sign_in_code.purge', `delete from sign_in_code where created_at < $1`);

@Injectable()
export class SignInCodeStore {
  /** What the limits are decided on. Held until the transaction ends: calls at once cannot all pass. */
  async recentForInsert(scope: Scope, email: string): Promise<RecentCodes> {
    const tx = await scope.tx();
    await tx.execute(lock, [email]);
    const now = scope.now().getTime();
    const row = await tx.queryOne<RecentCodes>(recent, [
      email,
      new Date(now - SENDS_WINDOW_MS),
      new Date(now - CODES_KEPT_MS),
    ]);
    return row ?? { sentAt: [], wrong: 0, wrongSince: null };
  }

  async insert(scope: Scope, code: NewCode): Promise<void> {
    const { id, email, codeHash, stateHash, expiresAt } = code;
    const values = [id, email, codeHash, stateHash, scope.now(), expiresAt];
    await (await scope.tx()).execute(insert, values);
  }

  /** Spends one attempt at the latest code of the address; undefined when none is left to try. */
  async attempt(scope: Scope, email: string): Promise<TriedCode | undefined> {
    return (await scope.tx()).queryOne<TriedCode>(attempt, [email, scope.now()]);
  }

  /** The same for one that a link names. */
  async attemptById(scope: Scope, id: string): Promise<TriedCode | undefined> {
    return (await scope.tx()).queryOne<TriedCode>(attemptById, [id, scope.now()]);
  }

  async isLive(scope: Scope, id: string): Promise<boolean> {
    const row = await (await scope.tx()).queryOne<{ live: boolean }>(isLive, [id, scope.now()]);
    return row?.live ?? false;
  }

  /** False when another call was faster: a code works once. */
  async consume(scope: Scope, id: string): Promise<boolean> {
    const { rowCount } = await (await scope.tx()).execute(consume, [id, scope.now()]);
    return rowCount === 1;
  }

  async purge(scope: Scope): Promise<void> {
    await (await scope.tx()).execute(purge, [new Date(scope.now().getTime() - CODES_KEPT_MS)]);
  }
}
