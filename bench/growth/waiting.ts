import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import type { Client } from 'pg';
import { percentile } from '../support/statistics.js';

/** Between two polls: the largest error of a measurement. */
const GRAIN_MS = 5;
/** Between two of them. */
const PAUSE_MS = 50;

/** Milliseconds. */
export interface Waits {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

/** From RequestSignInCode until the mail is sent, to each of these addresses in turn. */
export function untilMailed(url: string, owner: Client, emails: Iterator<string>): () => Promise<number> {
  const auth = createClient(AuthService, createGrpcTransport({ baseUrl: url }));
  return async () => {
    // The number of codes per address is limited.
    const next = emails.next();
    if (next.done) throw new Error('There are too few people for as many codes.');
    const begin = performance.now();
    await auth.requestSignInCode({ email: next.value });
    await untilFound(owner, 'select from captured_mail where recipient = $1', next.value);
    return performance.now() - begin;
  };
}

/** From adding a job without effect to the lane of campaigns until it is done. */
export function untilChecked(owner: Client, orgId: string): () => Promise<number> {
  let number = 0;
  return async () => {
    const key = `bench-${++number}`;
    const begin = performance.now();
    await owner.query(
      `select graphile_worker.add_job('campaign.advance', json_build_object('orgId', $1::text, 'campaignId', gen_random_uuid()),
                                      job_key := $2)`,
      [orgId, key],
    );
    await untilFound(
      owner,
      'select where not exists (select from graphile_worker._private_jobs where key = $1)',
      key,
    );
    return performance.now() - begin;
  };
}

async function untilFound(owner: Client, question: string, value: string): Promise<void> {
  while ((await owner.query(question, [value])).rowCount === 0) await delay(GRAIN_MS);
}

/** One after the other, until `isOver`. */
export async function waitsUntil(isOver: () => boolean, wait: () => Promise<number>): Promise<Waits> {
  const times: number[] = [];
  while (!isOver()) {
    times.push(await wait());
    await delay(PAUSE_MS);
  }
  times.sort((a, b) => a - b);
  return {
    count: times.length,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    worst: times.at(-1) ?? NaN,
  };
}
