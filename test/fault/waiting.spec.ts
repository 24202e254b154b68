import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { createTemplate, untilStatus, untilStep } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { hire } from '../support/members.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { ask, escalate, mark, startWorkflow, user, wait } from '../support/workflows.js';
import { WorkerProcesses } from './worker-process.js';

jest.setTimeout(240_000);

const HOUR = `interval '1 hour'`;

let s: TestServer;
let cast: Cast;
const workers = new WorkerProcesses(() => s.database);

beforeAll(async () => {
  // Only the processes of this spec run jobs.
  s = await startTestServer({ env: { ROLE: 'api' } });
  cast = await seedCast(s);
  await createTemplate(cast.max);
});
afterEach(() => workers.killAll());
afterAll(() => s?.stop());

interface Standing {
  step: string;
  round: number;
  wakeAt: Date;
  enteredAt: Date;
}

async function standing(campaignId: string): Promise<Standing | undefined> {
  const rows = await s.database.query<Standing>(
    `select step_id as step, round, wake_at as "wakeAt", entered_at as "enteredAt" from campaign_run
      where campaign_id = $1`,
    [campaignId],
  );
  return rows[0];
}

/** A look that no job waits for: a duplicate, or a job of long ago. */
async function look(campaignId: string): Promise<void> {
  await s.database.query(
    `select graphile_worker.add_job('campaign.advance', json_build_object('campaignId', $1::text, 'orgId', $2::text),
                                    job_key := 'look')`,
    [campaignId, cast.acme.id],
  );
  await eventually('the look is over', async () => {
    const jobs = await s.database.query(`select from graphile_worker.jobs where key = 'look'`);
    return jobs.length === 0;
  });
}

/** The clock of the database jumps: what was to come is so much nearer, or farther away. */
async function jump(campaignId: string, by: string): Promise<void> {
  await s.database.query(
    `update campaign_run set wake_at = date_trunc('milliseconds', wake_at - ${by}), entered_at = entered_at - ${by}
      where campaign_id = $1`,
    [campaignId],
  );
  await s.database.query(
    `update graphile_worker._private_jobs set run_at = run_at - ${by} where key = $1 and locked_at is null`,
    [`campaign.advance/${campaignId}`],
  );
}

describe('a run that waits for an hour', () => {
  test('keeps its time through killed workers and looks that come early', async () => {
    const ada = await hire(s, cast.acme);
    workers.start();
    const steps = [ask('send', 'wait'), wait('wait', 'mark', '1h'), mark];
    const campaignId = await startWorkflow(cast.max, [ada.userId], steps);
    await untilStep(cast.max, campaignId, 'wait');
    const before = await standing(campaignId);
    for (let kill = 0; kill < 3; kill += 1) {
      await workers.killAll();
      await workers.declareDead();
      workers.start();
      await look(campaignId);
      expect(await standing(campaignId)).toEqual(before);
    }
    await jump(campaignId, HOUR);
    const campaign = await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    expect(campaign).toMatchObject({ missedCount: 1 });
    // Delivered again after the end, it changes nothing.
    await look(campaignId);
    expect(await standing(campaignId)).toBeUndefined();
  });

  test('fires each round once, although the clock jumps forward and back', async () => {
    const [ada, boss] = [await hire(s, cast.acme), await hire(s, cast.acme)];
    workers.start();
    const up = { targets: [user(boss.userId)], repeatCount: 2, repeatIntervalMinutes: 60 };
    const steps = [ask('send', 'up'), escalate('up', 'mark', up), mark];
    const campaignId = await startWorkflow(cast.max, [ada.userId], steps);
    const copies = async (): Promise<number> => {
      const [row] = await s.database.query<{ count: number }>(
        'select count(*)::int as count from delivery where campaign_id = $1 and kind = 2',
        [campaignId],
      );
      return row?.count ?? 0;
    };
    const waitsFor = (round: number) =>
      eventually(`round ${round} is waited for`, async () => {
        const now = await standing(campaignId);
        return now?.round === round && now.wakeAt !== null;
      });
    await waitsFor(1);
    expect(await copies()).toBe(1);
    // Two hours forward: one round is due, and the next is an hour away from the new time.
    await jump(campaignId, `interval '2 hours'`);
    await waitsFor(2);
    expect(await copies()).toBe(2);
    // Two hours back: nothing fires again, and looks in between change nothing.
    await jump(campaignId, `interval '-2 hours'`);
    await look(campaignId);
    expect(await copies()).toBe(2);
    expect((await standing(campaignId))?.round).toBe(2);
    await jump(campaignId, `interval '3 hours'`);
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    expect(await copies()).toBe(3);
  });
});
