import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Code } from '@connectrpc/connect';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, DeliveryStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { addRecipient, runningCampaign, untilStatus, THREE_DAYS_MS } from '../support/campaigns.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

const HOUR_MS = 3_600_000;

let s: TestServer;
let cast: Cast;
let ada: Actor;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  ada = await addRecipient(s, cast.acme, 'ada');
});
afterAll(() => s.stop());

/**
 * The step that the campaign stands at is taken away, or comes back: every piece of work fails meanwhile. Once it rests:
 * the work that brought it there would fail before any time has passed.
 */
async function loseStep(campaignId: string): Promise<void> {
  await eventually('the campaign rests', async () => {
    const jobs = await s.database.query(
      'select from graphile_worker.jobs where key = $1 and locked_at is null and run_at > now()',
      [`campaign.advance/${campaignId}`],
    );
    return jobs.length === 1;
  });
  await s.database.query(
    `update campaign_run set step_id = step_id || ' of another workflow' where campaign_id = $1`,
    [campaignId],
  );
}

async function findStep(campaignId: string): Promise<void> {
  await s.database.query(
    `update campaign_run set step_id = replace(step_id, ' of another workflow', '') where campaign_id = $1`,
    [campaignId],
  );
}

async function failures(campaignId: string): Promise<number | undefined> {
  const [run] = await s.database.query<{ failures: number }>(
    'select failures from campaign_run where campaign_id = $1',
    [campaignId],
  );
  return run?.failures;
}

/** As if so many attempts had failed, the first of them just now. */
async function pretend(campaignId: string, count: number): Promise<void> {
  await s.database.query('update campaign_run set failures = $2 where campaign_id = $1', [campaignId, count]);
}

describe('a campaign whose work fails', () => {
  test('goes on where it stood when the work succeeds again, and forgets', async () => {
    const id = await runningCampaign(cast.max, [ada.userId]);
    await loseStep(id);
    await s.travel(THREE_DAYS_MS - HOUR_MS);
    await s.travel(HOUR_MS);
    await eventually('a failure is noted', async () => (await failures(id)) === 1);
    await s.travel(HOUR_MS);
    await eventually('another one', async () => (await failures(id)) === 2);
    await s.database.query(
      `update campaign_run set wake_at = wake_at + interval '1 year' where campaign_id = $1`,
      [id],
    );
    await findStep(id);
    await s.travel(HOUR_MS);
    await eventually('none is remembered', async () => (await failures(id)) === 0);
    await cast.max.client(CampaignService).cancelCampaign({ campaignId: id });
  });

  test('has failed after ten times in a row over an hour, and keeps its deliveries', async () => {
    const id = await runningCampaign(cast.max, [ada.userId]);
    await loseStep(id);
    // Past what the test before has travelled as well.
    await s.travel(3 * THREE_DAYS_MS);
    await eventually('a failure is noted', async () => (await failures(id)) === 1);
    // Often, but all within minutes: whoever acts asks for an attempt.
    await pretend(id, 20);
    await s.travel(10 * 60_000);
    await eventually('it is counted', async () => (await failures(id)) === 21);
    // Long, but not often.
    await pretend(id, 8);
    await s.travel(HOUR_MS);
    await eventually('it is counted', async () => (await failures(id)) === 9);
    const { campaign: running } = await cast.max.client(CampaignService).getCampaign({ campaignId: id });
    expect(running?.status).toBe(CampaignStatus.RUNNING);

    await s.travel(HOUR_MS);
    const campaign = await untilStatus(cast.max, id, CampaignStatus.FAILED);
    expect(campaign.completedAt).toBeDefined();
    expect(campaign.workflowProgress).toBeUndefined();
    const { deliveries } = await cast.max.client(CampaignService).listDeliveries({ campaignId: id });
    expect(deliveries.map(({ status }) => status)).toEqual([DeliveryStatus.SENT]);
    const over = await refusalOf(cast.max.client(CampaignService).cancelCampaign({ campaignId: id }));
    expect(over).toMatchObject({ code: Code.FailedPrecondition, reason: 'CAMPAIGN_OVER' });
    expect(s.logLines()).toContainEqual(
      expect.objectContaining({ msg: 'campaign failed permanently', campaignId: id, failures: 10 }),
    );
    await eventually('nothing is left to try', async () => {
      const jobs = await s.database.query('select from graphile_worker.jobs where key = $1', [
        `campaign.advance/${id}`,
      ]);
      return jobs.length === 0;
    });
  });
});
