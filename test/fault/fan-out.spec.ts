import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { Client } from 'pg';
import { createTemplate } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { WorkerProcess } from './worker-process.js';

jest.setTimeout(120_000);

const RECIPIENTS = 5_000;

let s: TestServer;
let cast: Cast;
let templateId: string;
let userIds: string[];
let workers: WorkerProcess[] = [];

beforeAll(async () => {
  // Only the processes of this spec run jobs.
  s = await startTestServer({ env: { ROLE: 'api' } });
  cast = await seedCast(s);
  templateId = await createTemplate(cast.max);
  userIds = await addRecipients();
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  workers = [];
});
afterAll(() => s?.stop());

async function addRecipients(): Promise<string[]> {
  const { id: orgId, roles } = cast.acme;
  const rows = await s.database.query<{ id: string }>(
    `with person as (
       insert into identity (id, email)
       select gen_random_uuid(), 'recipient-' || n || '@acme.example' from generate_series(1, $3::int) n
       returning id, email)
     insert into member (org_id, id, identity_id, email, name, status, role_id)
     select $1, gen_random_uuid(), id, email, 'Recipient', 2, $2 from person returning id`,
    [orgId, roles.employee, RECIPIENTS],
  );
  return rows.map(({ id }) => id);
}

function startWorker(): WorkerProcess {
  const worker = WorkerProcess.start(s.database);
  workers.push(worker);
  return worker;
}

/** A started campaign of one message to everybody, which waits for a worker. */
async function startCampaign(): Promise<string> {
  const client = cast.max.client(CampaignService);
  const config = { case: 'sendNotification' as const, value: { type: 'push' } };
  const { campaign } = await client.createCampaign({
    name: 'To everybody',
    templateId,
    userIds,
    workflow: { steps: [{ id: 'send', type: StepType.SEND_NOTIFICATION, config }] },
  });
  const campaignId = campaign?.id ?? '';
  await client.startCampaign({ campaignId });
  return campaignId;
}

async function deliveriesOf(campaignId: string): Promise<number> {
  const [row] = await s.database.query<{ count: number }>(
    'select count(*)::int as count from delivery where campaign_id = $1',
    [campaignId],
  );
  return row?.count ?? 0;
}

/** Makes the others believe at once what they otherwise believe after ten seconds: that the worker is dead. */
async function declareDead(): Promise<void> {
  await s.database.query(`update worker_heartbeat set seen_at = seen_at - interval '1 minute'`);
  await s.database.query(
    `update graphile_worker._private_jobs set locked_at = locked_at - interval '1 minute' where locked_at is not null`,
  );
}

/** Nobody gets past this recipient until it is let go: a worker is sure to be in the middle of something. */
async function obstruct(campaignId: string, position: number): Promise<() => Promise<void>> {
  const holder = new Client({ connectionString: s.database.ownerUrl });
  holder.on('error', () => undefined);
  await holder.connect();
  await holder.query(
    `insert into inbox (org_id, user_id, changed_at)
     select org_id, user_id, now() from campaign_audience_member where campaign_id = $1 and position = $2
     on conflict do nothing`,
    [campaignId, position],
  );
  await holder.query('begin');
  await holder.query(
    `select from inbox where user_id =
       (select user_id from campaign_audience_member where campaign_id = $1 and position = $2) for update`,
    [campaignId, position],
  );
  return () => holder.end();
}

async function isWaitingForLock(): Promise<boolean> {
  const rows = await s.database.query(
    `select from pg_stat_activity where usename = 'dovecote_app' and datname = current_database()
        and state = 'active' and wait_event_type = 'Lock'`,
  );
  return rows.length > 0;
}

async function completed(campaignId: string): Promise<void> {
  await eventually(
    'the campaign is completed',
    async () => {
      const { campaign } = await cast.max.client(CampaignService).getCampaign({ campaignId });
      return campaign?.status === CampaignStatus.COMPLETED;
    },
    60_000,
  );
}

/** What must be true however the workers ended. */
async function expectEachOnce(campaignId: string): Promise<void> {
  const [ledger] = await s.database.query(
    `select count(*)::int as deliveries, count(distinct user_id)::int as recipients from delivery where campaign_id = $1`,
    [campaignId],
  );
  expect(ledger).toEqual({ deliveries: RECIPIENTS, recipients: RECIPIENTS });
  const [trail] = await s.database.query(
    `select sum((metadata->>'deliveries')::int)::int as deliveries from audit_event
      where event_type = 'MESSAGE_SENT' and entity_id = $1`,
    [campaignId],
  );
  expect(trail).toEqual({ deliveries: RECIPIENTS });
  const { campaign } = await cast.max.client(CampaignService).getCampaign({ campaignId });
  expect(campaign).toMatchObject({ totalRecipients: RECIPIENTS, actionCompletedCount: 0, missedCount: 0 });
  expect(campaign?.completedAt).toBeDefined();
}

describe('a fan-out', () => {
  test('goes on where killed workers left it, and reaches everybody once', async () => {
    const campaignId = await startCampaign();
    for (const position of [300, 1_500, 3_200]) {
      const release = await obstruct(campaignId, position);
      const worker = startWorker();
      await eventually('a worker is in the middle of a piece', isWaitingForLock);
      const before = await deliveriesOf(campaignId);
      await worker.kill();
      await release();
      await declareDead();
      // Of the piece in hand nothing is left: it had not been committed.
      expect(await deliveriesOf(campaignId)).toBe(before);
      expect(before).toBeLessThan(RECIPIENTS);
    }
    startWorker();
    await completed(campaignId);
    await expectEachOnce(campaignId);
  });

  test('survives kills at any moment', async () => {
    const campaignId = await startCampaign();
    for (let kill = 0; kill < 4; kill += 1) {
      const worker = startWorker();
      // Anywhere from the start of the process to the end of its work.
      await delay(Math.random() * 3_000);
      await worker.kill();
      await declareDead();
    }
    startWorker();
    await completed(campaignId);
    await expectEachOnce(campaignId);
  });

  test('by two workers, whose connections PostgreSQL cuts, reaches everybody once', async () => {
    const campaignId = await startCampaign();
    startWorker();
    startWorker();
    for (const position of [700, 2_500]) {
      const release = await obstruct(campaignId, position);
      await eventually('a worker is in the middle of a piece', isWaitingForLock);
      await s.database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where usename = 'dovecote_app' and datname = current_database()`,
      );
      await release();
    }
    await completed(campaignId);
    await expectEachOnce(campaignId);
  });
});
