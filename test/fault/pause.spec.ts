import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CampaignSteeringService } from '@dovecote/contract/dovecote/campaign/v1/steering_pb';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { FanOut } from './fan-out.js';
import { WorkerProcesses } from './worker-process.js';

const RECIPIENTS = 12_000;
/** Recipients of a piece of the fan-out. */
const PIECE = 2_000;

jest.setTimeout(400_000);

let s: TestServer;
let fanOut: FanOut;
const workers = new WorkerProcesses(() => s.database);

beforeAll(async () => {
  // Only the processes of this spec run jobs.
  s = await startTestServer({ env: { ROLE: 'api' } });
  fanOut = await FanOut.prepare(s, RECIPIENTS);
});
afterEach(() => workers.killAll());
afterAll(() => s?.stop());

const steering = () => fanOut.cast.max.client(CampaignSteeringService);

async function untilNoJobIsDue(): Promise<void> {
  await eventually(
    'nothing is due any more',
    async () => {
      await workers.declareSilentDead();
      await workers.hurry();
      const due = await s.database.query('select from graphile_worker.jobs where run_at <= now()');
      return due.length === 0;
    },
    60_000,
  );
}

describe('a pause', () => {
  test('in the middle of a fan-out rolls back what is in flight; each recipient gets one message in the end', async () => {
    const campaignId = await fanOut.start();
    for (const pieces of [1, 3]) {
      const release = await fanOut.obstruct(campaignId, pieces * PIECE + PIECE / 2);
      const worker = workers.start();
      await eventually('a worker is in the middle of a piece', () => fanOut.workerWaitsForLock(), 60_000);
      await steering().pauseCampaign({ campaignId });
      const written = await fanOut.deliveries(campaignId);
      await release();
      await untilNoJobIsDue();
      expect(await fanOut.deliveries(campaignId)).toBe(written);
      expect(written).toBeLessThan(RECIPIENTS);
      // A new worker and a late job change nothing either.
      await worker.kill();
      await workers.declareDead();
      workers.start();
      await s.database.query(
        `select graphile_worker.add_job('campaign.advance', json_build_object('campaignId', $1::text, 'orgId', $2::text))`,
        [campaignId, fanOut.cast.acme.id],
      );
      await untilNoJobIsDue();
      expect(await fanOut.deliveries(campaignId)).toBe(written);
      await workers.killAll();
      await workers.declareDead();
      await steering().resumeCampaign({ campaignId });
    }
    workers.start();
    await fanOut.completed(campaignId);
    await fanOut.expectEachOnce(campaignId);
  });

  test('that ends while a worker is killed ends for the next worker', async () => {
    const campaignId = await fanOut.start();
    const release = await fanOut.obstruct(campaignId, PIECE);
    const first = workers.start();
    await eventually('a worker is in the middle of a piece', () => fanOut.workerWaitsForLock(), 60_000);
    await steering().pauseCampaign({ campaignId });
    await first.kill();
    await workers.declareDead();
    await steering().resumeCampaign({ campaignId });
    const second = workers.start();
    await eventually('another is in the middle of it', () => fanOut.workerWaitsForLock(), 60_000);
    await second.kill();
    await workers.declareDead();
    await release();
    workers.start();
    await fanOut.completed(campaignId);
    await fanOut.expectEachOnce(campaignId);
  });
});
