import { statement } from '../database/index.js';
import type { Scope } from '../scope/index.js';

const key = `hashtextextended('member_erasure/' || $1, 0)`;
const share = statement('member_erasure.share', `select pg_advisory_xact_lock_shared(${key})`);
const take = statement('member_erasure.take', `select pg_advisory_xact_lock(${key})`);

/**
 * Before rows about members are read that rows about them are made from, or written: no erasure in the organization begins or
 * completes before the transaction ends. So it finds what the transaction writes, or the transaction finds the member erased.
 * Taken before every other lock, in the same order as an erasure.
 */
export async function holdErasures(scope: Scope): Promise<void> {
  await (await scope.tx()).execute(share, [scope.orgId]);
}

/** Waits for the transactions that hold erasures; others wait until this one ends. */
export async function takeErasureTurn(scope: Scope): Promise<void> {
  await (await scope.tx()).execute(take, [scope.orgId]);
}
