import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type Transport } from '@connectrpc/connect';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { percentile } from '../support/statistics.js';

/** A person looks into their inbox so often. */
const PAUSE_MS = 5;

export interface Latency {
  calls: number;
  p50: number;
  p99: number;
  worst: number;
}

/** How long Sync takes somebody in another organization, one call after the other, while `work` runs. */
export async function syncWhile<T>(
  transport: Transport,
  work: () => Promise<T>,
): Promise<{ result: T; latency: Latency }> {
  const inbox = createClient(InboxService, transport);
  const times: number[] = [];
  let done = false;
  const calling = (async () => {
    while (!done) {
      const begin = performance.now();
      await inbox.sync({});
      times.push(performance.now() - begin);
      await delay(PAUSE_MS);
    }
  })();
  try {
    const result = await work();
    done = true;
    await calling;
    times.sort((a, b) => a - b);
    const latency = {
      calls: times.length,
      p50: percentile(times, 0.5),
      p99: percentile(times, 0.99),
      worst: times.at(-1) ?? NaN,
    };
    return { result, latency };
  } finally {
    done = true;
    await calling;
  }
}
