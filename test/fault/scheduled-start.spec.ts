import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import {
  CampaignSteeringService,
  ScheduledStart_State as State,
} from '@dovecote/contract/dovecote/campaign/v1/steering_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { Client } from 'pg';
import { createCampaign, untilStep } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { WorkerProcesses } from './worker-process.js';

jest.setTimeout(240_000);

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

const steering = () => cast.max.client(CampaignSteeringService);

async function scheduled(): Promise<string> {
  const campaignId = await createCampaign(cast.max, [cast.erin.userId]);
  const wallTime = new Date(Date.now() + 3_600_000).toISOString().slice(0, 19);
  await steering().scheduleCampaignStart({ campaignId, wallTime, zone: 'UTC' });
  return campaignId;
}

/** The clock of the database jumps to the time of the start. */
async function comeDue(campaignId: string): Promise<void> {
  await s.database.query(
    `update scheduled_start set starts_at = date_trunc('second', now()),
            wall_time = to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') where campaign_id = $1`,
    [campaignId],
  );
  await s.database.query('update graphile_worker._private_jobs set run_at = now() where key = $1', [
    `campaign.start_scheduled/${campaignId}`,
  ]);
}

/** A job that was delivered before, or is delivered to another worker at the same time. */
async function deliverAgain(campaignId: string, times: number): Promise<void> {
  await s.database.query(
    `select graphile_worker.add_job('campaign.start_scheduled',
                                    json_build_object('campaignId', $1::text, 'orgId', $2::text))
       from generate_series(1, $3::int)`,
    [campaignId, cast.acme.id, times],
  );
}

async function untilNoStartJobs(): Promise<void> {
  await eventually(
    'the jobs of starts are through',
    async () => {
      await workers.declareSilentDead();
      await workers.hurry();
      const jobs = await s.database.query(
        `select from graphile_worker.jobs where task_identifier = 'campaign.start_scheduled'`,
      );
      return jobs.length === 0;
    },
    60_000,
  );
}

async function expectStartedOnce(campaignId: string): Promise<void> {
  const { scheduledStart } = await steering().getCampaignSteering({ campaignId });
  expect(scheduledStart?.state).toBe(State.STARTED);
  await untilStep(cast.max, campaignId, 'wait');
  const starts = await s.database.query<{ actor: string }>(
    `select actor_id as actor from audit_event where entity_id = $1 and event_type = 'CAMPAIGN_STARTED'`,
    [campaignId],
  );
  expect(starts).toEqual([{ actor: cast.max.userId }]);
  const { deliveries } = await cast.max.client(CampaignService).listDeliveries({ campaignId });
  expect(deliveries).toHaveLength(1);
}

/** Nothing gets past the campaign until this is released: a worker is sure to be in the middle of its start. */
async function obstruct(campaignId: string): Promise<() => Promise<void>> {
  const holder = new Client({ connectionString: s.database.ownerUrl });
  holder.on('error', () => undefined);
  await holder.connect();
  await holder.query('begin');
  await holder.query('select from campaign where id = $1 for update', [campaignId]);
  return () => holder.end();
}

const workerWaits = async (): Promise<boolean> => {
  const rows = await s.database.query(
    `select from pg_stat_activity where usename = 'dovecote_app' and datname = current_database()
        and state = 'active' and wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
};

test('a start that is delivered again and again, to two workers, starts the campaign once', async () => {
  const campaignId = await scheduled();
  workers.start();
  workers.start();
  await workers.atWork();
  // Before the time they change nothing.
  await deliverAgain(campaignId, 5);
  await eventually('the early ones are through', async () => {
    const jobs = await s.database.query(
      `select from graphile_worker.jobs where task_identifier = 'campaign.start_scheduled'`,
    );
    return jobs.length === 1;
  });
  expect((await steering().getCampaignSteering({ campaignId })).scheduledStart?.state).toBe(State.WAITING);
  await comeDue(campaignId);
  await deliverAgain(campaignId, 20);
  await untilNoStartJobs();
  await expectStartedOnce(campaignId);
  // After the start as well.
  await deliverAgain(campaignId, 5);
  await untilNoStartJobs();
  await expectStartedOnce(campaignId);
});

test('a worker that is killed in the middle of a start leaves it to another, which starts the campaign once', async () => {
  const campaignId = await scheduled();
  for (let kill = 0; kill < 3; kill += 1) {
    const release = await obstruct(campaignId);
    const worker = workers.start();
    await comeDue(campaignId);
    await eventually('a worker is in the middle of the start', workerWaits, 60_000);
    await worker.kill();
    await workers.declareDead();
    await release();
    expect((await steering().getCampaignSteering({ campaignId })).scheduledStart?.state).toBe(State.WAITING);
  }
  workers.start();
  await untilNoStartJobs();
  await expectStartedOnce(campaignId);
});
