import { Injectable } from '@nestjs/common';
import { notAhead, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { DECISIVE, LINKS_KEPT_MS, type RecentLinks, SENDS_WINDOW_MS } from './sign-in.rules.js';

export interface NewLink {
  id: string;
  tokenHash: Buffer;
  email: string;
  /** The network address of the client, as limits count it. */
  client: string;
  expiresAt: Date;
}

const lock = statement(
  'magic_link.lock',
  `select pg_advisory_xact_lock(hashtextextended('magic_link/' || $1, 0))`,
);
const recent = statement(
  'magic_link.recent',
  `select array(select created_at from magic_link
                 where email = $1 and client = $2 and created_at > $3 and ${notAhead('created_at', '$5')}
                 order by created_at desc limit ${DECISIVE.byClient}) as "byClient",
          array(select created_at from magic_link
                 where email = $1 and created_at > $4 and ${notAhead('created_at', '$5')}
                 order by created_at desc limit ${DECISIVE.byAll}) as "byAll"`,
);
const endEarlier = statement(
  'magic_link.end_earlier',
  'update magic_link set consumed_at = $2 where email = $1 and consumed_at is null',
);
const insert = statement(
  'magic_link.insert',
  `insert into magic_link (id, token_hash, email, client, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)`,
);
const live = (now: string) =>
  `consumed_at is null and expires_at > ${now} and ${notAhead('created_at', now)}`;
const emailBehind = statement(
  'magic_link.email_behind',
  `select email from magic_link where token_hash = $1 and ${live('$2')}`,
);
const consume = statement(
  'magic_link.consume',
  `update magic_link set consumed_at = $2 where token_hash = $1 and ${live('$2')}`,
);
const purge = statement('magic_link.purge', 'delete from magic_link where created_at < $1');

/** Links by their hashes. They belong to no organization: a person signs in before one is chosen. */
@Injectable()
export class MagicLinkStore {
  /** What the limits are decided on. Requests for the address wait for each other until the transaction ends. */
  async recentForInsert(scope: Scope, email: string, client: string): Promise<RecentLinks> {
    const tx = await scope.tx();
    await tx.execute(lock, [email]);
    const now = scope.now();
    const windowBegan = new Date(now.getTime() - SENDS_WINDOW_MS);
    const dayBegan = new Date(now.getTime() - LINKS_KEPT_MS);
    const row = await tx.queryOne<RecentLinks>(recent, [email, client, windowBegan, dayBegan, now]);
    if (!row) throw new Error('The statement returned no row.');
    return row;
  }

  /** Earlier links of the address end. */
  async replace(scope: Scope, { id, tokenHash, email, client, expiresAt }: NewLink): Promise<void> {
    const tx = await scope.tx();
    await tx.execute(endEarlier, [email, scope.now()]);
    await tx.execute(insert, [id, tokenHash, email, client, scope.now(), expiresAt]);
  }

  /** The address that a live link was mailed to. */
  async emailBehind(scope: Scope, tokenHash: Buffer): Promise<string | undefined> {
    const row = await (await scope.tx()).queryOne<{ email: string }>(emailBehind, [tokenHash, scope.now()]);
    return row?.email;
  }

  /** False when it is no longer good: of two calls at once, one consumes it. */
  async consume(scope: Scope, tokenHash: Buffer): Promise<boolean> {
    const { rowCount } = await (await scope.tx()).execute(consume, [tokenHash, scope.now()]);
    return rowCount === 1;
  }

  async purge(scope: Scope): Promise<void> {
    await (await scope.tx()).execute(purge, [new Date(scope.now().getTime() - LINKS_KEPT_MS)]);
  }
}
