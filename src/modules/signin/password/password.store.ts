import { Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { notAhead, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { memberStatus } from '../../people/member/index.js';
import { clientLimit, GUESSES_KEPT_MS, type RecentGuesses } from './password.rules.js';

/** The owner of an address and their password. */
export interface PasswordHolder {
  identityId: string;
  email: string;
  /** Null: they have none. */
  hash: string | null;
}

const lock = statement(
  'password_guess.lock',
  `select pg_advisory_xact_lock(hashtextextended('password_guess/' || $1, 0))`,
);
const recent = statement(
  'password_guess.recent',
  `select count(*) filter (where client = $2 and made_at > $3)::integer as "byClient",
          min(made_at) filter (where client = $2 and made_at > $3) as "byClientSince",
          count(*)::integer as "byAll", min(made_at) as "byAllSince"
     from password_guess where email = $1 and made_at > $4 and ${notAhead('made_at', '$5')}`,
);
const insertGuess = statement(
  'password_guess.insert',
  'insert into password_guess (id, email, client, made_at) values ($1, $2, $3, $4)',
);
const forgive = statement(
  'password_guess.forgive',
  'delete from password_guess where email = $1 and client = $2',
);
const purge = statement('password_guess.purge', 'delete from password_guess where made_at < $1');
const findHolder = statement(
  'password.find_holder',
  `select i.id as "identityId", i.email, p.hash
     from identity i left join password p on p.identity_id = i.id where i.email = $1`,
);
const findHash = statement('password.find_hash', 'select hash from password where identity_id = $1');
const insert = statement(
  'password.insert',
  'insert into password (identity_id, hash, set_at) values ($1, $2, $3) on conflict do nothing',
);
const upsert = statement(
  'password.upsert',
  `insert into password (identity_id, hash, set_at) values ($1, $2, $3)
   on conflict (identity_id) do update set hash = excluded.hash, set_at = excluded.set_at`,
);
// Where single sign-on is enforced a password leads nowhere.
const isTaken = statement(
  'password.is_taken',
  `select exists (
     select from member m join organization o on o.id = m.org_id
      where m.identity_id = $1 and m.status = ${memberStatus.active} and (o.expires_at is null or o.expires_at > $2)
        and o.sso_enforced_at is null and coalesce(o.passwords_allowed, $3)
   ) as taken`,
);

/** Passwords and guesses at them. Neither belongs to an organization. */
@Injectable()
export class PasswordStore {
  /** What the limits are decided on. Guesses at the address wait for each other until the transaction ends. */
  async recentForInsert(scope: Scope, email: string, client: string): Promise<RecentGuesses> {
    const tx = await scope.tx();
    await tx.execute(lock, [email]);
    const now = scope.now();
    const windowBegan = new Date(now.getTime() - clientLimit.windowMs);
    const dayBegan = new Date(now.getTime() - GUESSES_KEPT_MS);
    const row = await tx.queryOne<RecentGuesses>(recent, [email, client, windowBegan, dayBegan, now]);
    if (!row) throw new Error('The statement returned no row.');
    return row;
  }

  async insertGuess(scope: Scope, email: string, client: string): Promise<void> {
    await (await scope.tx()).execute(insertGuess, [uuid(), email, client, scope.now()]);
  }

  /** A right password resets the count of the client. */
  async forgive(scope: Scope, email: string, client: string): Promise<void> {
    await (await scope.tx()).execute(forgive, [email, client]);
  }

  async findHolder(scope: Scope, email: string): Promise<PasswordHolder | undefined> {
    return (await scope.tx()).queryOne<PasswordHolder>(findHolder, [email]);
  }

  async findHash(scope: Scope, identityId: string): Promise<string | undefined> {
    return (await (await scope.tx()).queryOne<{ hash: string }>(findHash, [identityId]))?.hash;
  }

  /** False when the person has one. */
  async insert(scope: Scope, identityId: string, hash: string): Promise<boolean> {
    const { rowCount } = await (await scope.tx()).execute(insert, [identityId, hash, scope.now()]);
    return rowCount === 1;
  }

  async upsert(scope: Scope, identityId: string, hash: string): Promise<void> {
    await (await scope.tx()).execute(upsert, [identityId, hash, scope.now()]);
  }

  /** Whether an organization of the person takes passwords; in a scope of that person. */
  async isTaken(scope: Scope, identityId: string, byDefault: boolean): Promise<boolean> {
    const row = await (
      await scope.tx()
    ).queryOne<{ taken: boolean }>(isTaken, [identityId, scope.now(), byDefault]);
    return row?.taken ?? false;
  }

  async purge(scope: Scope): Promise<void> {
    await (await scope.tx()).execute(purge, [new Date(scope.now().getTime() - GUESSES_KEPT_MS)]);
  }
}
