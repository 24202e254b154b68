import { Injectable } from '@nestjs/common';
import { hashToken } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { setStatement, statement } from '../database/index.js';
import { AppError } from '../errors/index.js';
import type { Scope } from '../scope/index.js';

/** A number of something that a subject may have in 24 hours. */
export interface DailyLimit {
  kind: string;
  most: number;
  /** The error text above the limit. */
  sentence: string;
  /** What is counted by: `person`, `address`. */
  subject: string;
}

const DAY_MS = 24 * 60 * 60_000;

// In the order of subjects, so that two lists with the same ones wait for each other instead of deadlocking.
const lock = statement(
  'daily_use.lock',
  `select pg_advisory_xact_lock(hashtextextended('daily_use/' || $1 || '/' || encode(subject, 'hex'), 0))
     from (select unnest($2::bytea[]) as subject order by 1) given`,
);
const take = setStatement(
  'daily_use.take',
  `with given as (
     select * from unnest($2::bytea[], $3::uuid[]) as g (subject, id)
   ), allowed as (
     select g.subject, g.id from given g
      where (select count(*) from daily_use u where u.kind = $1 and u.subject = g.subject and u.used_at > $4) < $6
   )
   insert into daily_use (id, kind, subject, used_at) select id, $1, subject, $5 from allowed returning subject`,
);
const oldest = statement(
  'daily_use.oldest',
  'select min(used_at) as "usedAt" from daily_use where kind = $1 and subject = $2 and used_at > $3',
);
const purge = statement('daily_use.purge', 'delete from daily_use where used_at < $1');

/** Counts in the database, in the transaction of what is counted: what fails does not count. */
@Injectable()
export class DailyLimits {
  /** Takes one for the subject, or refuses and says when to come back. */
  async take(scope: Scope, limit: DailyLimit, subject: string): Promise<void> {
    if ((await this.takeEach(scope, limit, [subject])).has(subject)) return;
    const { kind, sentence } = limit;
    const tx = await scope.tx();
    const row = await tx.queryOne<{ usedAt: Date | null }>(oldest, [kind, hashToken(subject), since(scope)]);
    const end = (row?.usedAt ?? scope.now()).getTime() + DAY_MS;
    const retryAfterSeconds = Math.max(1, Math.ceil((end - scope.now().getTime()) / 1000));
    throw new AppError('resource_exhausted', 'DAILY_LIMIT', sentence, {
      retryAfterSeconds,
      quota: { subject: limit.subject, description: sentence },
    });
  }

  /** Takes one for each subject that has one left; which ones. */
  async takeEach(
    scope: Scope,
    { kind, most }: DailyLimit,
    subjects: readonly string[],
  ): Promise<Set<string>> {
    if (subjects.length === 0) return new Set();
    const byHash = new Map(subjects.map((subject) => [hashToken(subject).toString('hex'), subject]));
    const hashes = [...byHash.keys()].map((hash) => Buffer.from(hash, 'hex'));
    const ids = hashes.map(() => uuid());
    const tx = await scope.tx();
    await tx.execute(lock, [kind, hashes]);
    const values = [kind, hashes, ids, since(scope), scope.now(), most];
    const rows = await tx.query<{ subject: Buffer }>(take, values);
    return new Set(rows.flatMap(({ subject }) => byHash.get(subject.toString('hex')) ?? []));
  }

  async purge(scope: Scope): Promise<void> {
    await (await scope.tx()).execute(purge, [since(scope)]);
  }
}

function since(scope: Scope): Date {
  return new Date(scope.now().getTime() - DAY_MS);
}
