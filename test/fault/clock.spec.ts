import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { addRecipient, createCampaign, untilStatus, untilStep } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { WorkerProcesses } from './worker-process.js';
import { wrongClock } from './wrong-clock.js';

jest.setTimeout(180_000);

let s: TestServer;
let cast: Cast;
const workers = new WorkerProcesses(() => s.database);

beforeAll(async () => {
  // Only the processes of this spec run jobs.
  s = await startTestServer({ env: { ROLE: 'api' } });
  cast = await seedCast(s);
});
afterEach(() => workers.killAll());
afterAll(() => s?.stop());

function runsOf(log: string): number {
  return log
    .split('\n')
    .filter((line) => line.includes('Completed task') && line.includes('campaign.advance')).length;
}

describe('a clock that was ahead by a day', () => {
  test('leaves no job that waits for it, and keeps none waiting whose time is to come', async () => {
    await s.database.query(
      `select graphile_worker.add_job(task, payload::json, run_at => at, job_key => key)
         from (values ('campaign.recall', '{}', now(), 'at once'),
                      ('campaign.recall', '{"_cron": {}}', now() + interval '1 day', 'cron'),
                      ('webhook.forget', '{}', now() + interval '1 day', 'later')) given (task, payload, at, key)`,
    );
    await s.database.query(
      `update graphile_worker._private_jobs
          set run_at = run_at + interval '1 day', updated_at = updated_at + interval '1 day' where key <> 'cron'`,
    );
    await s.database.query(
      `update graphile_worker._private_known_crontabs set last_execution = now() + interval '1 day'`,
    );
    workers.start();
    await eventually('what was due has run', async () => {
      const left = await s.database.query<{ key: string }>(
        `select key from graphile_worker.jobs where key in ('at once', 'cron', 'later')`,
      );
      return left.length === 1 && left[0]?.key === 'later';
    });
    const ahead = await s.database.query(
      `select from graphile_worker._private_known_crontabs where last_execution > now() + interval '2 minutes'`,
    );
    expect(ahead).toEqual([]);
  });
});

describe('a worker whose clock is wrong', () => {
  test.each([-20_000, 20_000, -24 * 3_600_000])(
    'by %d ms keeps to the time of the database',
    async (wrong) => {
      const worker = workers.start(wrongClock(wrong));
      const person = await addRecipient(s, cast.acme, 'late');
      const campaignId = await createCampaign(cast.max, [person.userId]);
      await cast.max.client(CampaignService).startCampaign({ campaignId });
      await untilStep(cast.max, campaignId, 'wait');
      const [run] = await s.database.query<{ error: number }>(
        `select abs(extract(epoch from wake_at - (now() + interval '72 hours')))::float as error
         from campaign_run where campaign_id = $1`,
        [campaignId],
      );
      expect(run?.error).toBeLessThan(15);
      const before = await eventually('the first run is logged', async () => runsOf(worker.log));
      // The deadline comes, as far as the database is concerned.
      const rows = await s.database.query<{ at: Date }>(
        `update campaign_run set wake_at = date_trunc('milliseconds', clock_timestamp() + interval '1 second')
        where campaign_id = $1 returning wake_at as at`,
        [campaignId],
      );
      await s.database.query(
        'update graphile_worker._private_jobs set run_at = $1 where key = $2 and locked_at is null',
        [rows[0]?.at, `campaign.advance/${campaignId}`],
      );
      await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
      expect(runsOf(worker.log) - before).toBeLessThanOrEqual(2);
      expect(worker.log).toContain('machine clock differs');
    },
  );
});
