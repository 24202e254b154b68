import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { CampaignSteeringService } from '@dovecote/contract/dovecote/campaign/v1/steering_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { Client } from 'pg';
import { CampaignWake } from '../../src/modules/messaging/campaign/index.js';
import { Inboxes } from '../../src/modules/messaging/inbox/inbox.service.js';
import { type Scope, type ScopeOrigin, Scopes } from '../../src/platform/scope/index.js';
import { runningCampaign, untilStatus } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

jest.setTimeout(120_000);

let s: TestServer;
let cast: Cast;
let scopes: Scopes;
let inboxes: Inboxes;
const open: Scope[] = [];

beforeAll(async () => {
  s = await startTestServer({ env: { DATABASE_POOL_SIZE: '12' } });
  cast = await seedCast(s);
  scopes = s.server.app.get(Scopes, { strict: false });
  inboxes = s.server.app.get(Inboxes, { strict: false });
});
// A transaction that a failed test leaves open would keep the server from stopping.
afterEach(async () => {
  for (const scope of open.splice(0)) await scope.rollback().catch(() => undefined);
});
afterAll(() => s?.stop());

/** A transaction that the test ends. */
function openScope(userId: string): Scope {
  const scope = scopes.open(originOf(userId));
  open.push(scope);
  return scope;
}

async function hire(people: number): Promise<string[]> {
  const rows = await s.database.query<{ id: string }>(
    `with person as (
       insert into identity (id, email) select gen_random_uuid(), gen_random_uuid() || '@acme.example'
         from generate_series(1, $3::int) returning id, email)
     insert into member (org_id, id, identity_id, email, name, status, role_id)
     select $1, gen_random_uuid(), id, email, '', 2, $2 from person returning id`,
    [cast.acme.id, cast.acme.roles.employee, people],
  );
  return rows.map(({ id }) => id);
}

function originOf(userId: string): ScopeOrigin {
  return {
    caller: {
      kind: 'member',
      orgId: cast.acme.id,
      userId,
      identityId: randomUUID(),
      email: '',
      sessionId: randomUUID(),
      roleSlug: 'employee',
      permissions: new Set(),
    },
    requestId: 'spec',
  };
}

/** In a new transaction, or in that of an open scope. */
async function acknowledge(campaignId: string, userId: string, scope?: Scope): Promise<void> {
  const [delivery] = await s.database.query<{ id: string }>(
    'select id from delivery where campaign_id = $1 and user_id = $2',
    [campaignId, userId],
  );
  const act = (inner: Scope) =>
    inboxes.submitAction(inner, delivery?.id ?? '', { actionId: 'ack', payload: new Uint8Array() });
  await (scope ? act(scope) : scopes.run(originOf(userId), act));
}

/** A campaign that waits for these people, and has been checked. */
async function waiting(userIds: string[]): Promise<string> {
  const campaignId = await runningCampaign(cast.max, userIds);
  await eventually('the check is over', async () => {
    const looked = await s.database.query(
      `select from campaign_run r where campaign_id = $1 and enough is not null and exists
         (select from graphile_worker.jobs where key = 'campaign.advance/' || r.campaign_id and locked_at is null)
          and not exists (select from graphile_worker.jobs where locked_at is not null)`,
      [campaignId],
    );
    return looked.length === 1;
  });
  return campaignId;
}

/** How often campaigns were checked. */
function checks(): number {
  return s.logLines().filter(({ msg }) => /^Found task .*\(campaign\.advance\)/.test(String(msg))).length;
}

/** The job that carries the campaign forward. Its revision counts how often it was enqueued again. */
async function enqueued(campaignId: string): Promise<unknown[]> {
  return s.database.query('select id, revision from graphile_worker.jobs where key = $1', [
    `campaign.advance/${campaignId}`,
  ]);
}

/** For the lock of the campaign, or for a row of its counter. */
async function transactionWaits(): Promise<void> {
  await eventually('a transaction waits for the other', async () => {
    const waiting = await s.database.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return waiting.length > 0;
  });
}

async function statusOf(campaignId: string): Promise<CampaignStatus | undefined> {
  const { campaign } = await cast.max.client(CampaignService).getCampaign({ campaignId });
  return campaign?.status;
}

test('of two concurrent acknowledgements, the second waits for the first and asks for the check', async () => {
  const [ada = '', bob = ''] = await hire(2);
  const campaignId = await waiting([ada, bob]);
  const before = checks();
  const first = openScope(ada);
  const second = openScope(bob);
  await acknowledge(campaignId, ada, first);
  const later = acknowledge(campaignId, bob, second);
  await transactionWaits();
  await first.commit();
  await later;
  await second.commit();
  expect(await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED)).toMatchObject({
    actionCompletedCount: 2,
    missedCount: 0,
  });
  expect(checks() - before).toBe(1);
});

test('an acknowledgement that is rolled back is missing again', async () => {
  const [ada = '', bob = ''] = await hire(2);
  const campaignId = await waiting([ada, bob]);
  const first = openScope(ada);
  const second = openScope(bob);
  await acknowledge(campaignId, ada, first);
  const later = acknowledge(campaignId, bob, second);
  await transactionWaits();
  await first.rollback();
  await later;
  await second.commit();
  expect(await statusOf(campaignId)).toBe(CampaignStatus.RUNNING);
  await acknowledge(campaignId, ada);
  await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
});

test('an acknowledgement in flight when the wait begins is seen by the first check', async () => {
  const [ada = ''] = await hire(1);
  const campaignId = await waiting([ada]);
  // As it stood before the wait began.
  const [run] = await s.database.query<{ at: string }>(
    'select wake_at::text as at from campaign_run where campaign_id = $1',
    [campaignId],
  );
  const stand = (at: string | undefined) =>
    s.database.query('update campaign_run set wake_at = $2, enough = null where campaign_id = $1', [
      campaignId,
      at,
    ]);
  await stand(undefined);
  const scope = openScope(ada);
  await acknowledge(campaignId, ada, scope);
  await stand(run?.at);
  await s.database.query('update graphile_worker._private_jobs set run_at = now() where key = $1', [
    `campaign.advance/${campaignId}`,
  ]);
  await transactionWaits();
  await scope.commit();
  await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
});

test('an acknowledgement that wakes the campaign does not deadlock with a check that has begun', async () => {
  const [ada = '', bob = ''] = await hire(2);
  const campaignId = await waiting([ada, bob]);
  const scope = openScope(ada);
  await acknowledge(campaignId, ada, scope);
  await s.database.query('update graphile_worker._private_jobs set run_at = now() where key = $1', [
    `campaign.advance/${campaignId}`,
  ]);
  await transactionWaits();
  await s.server.app.get(CampaignWake, { strict: false }).wake(scope, campaignId);
  await scope.commit();
  await acknowledge(campaignId, bob);
  await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
  // PostgreSQL would end one of the two, and a check is repeated.
  expect(s.logLines().filter((line) => JSON.stringify(line).includes('deadlock'))).toEqual([]);
});

test('acknowledgements before the last enqueue nothing, and do not wait for those of another campaign', async () => {
  const people = await hire(4);
  const [campaignId, other] = [await waiting(people), await waiting(people)];
  const job = await enqueued(campaignId);
  const inOther = openScope(people[0] ?? '');
  await acknowledge(other, people[0] ?? '', inOther);
  for (const userId of people.slice(1)) await acknowledge(campaignId, userId);
  expect(await enqueued(campaignId)).toEqual(job);
  await inOther.commit();
  await acknowledge(campaignId, people[0] ?? '');
  await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
  expect(await statusOf(other)).toBe(CampaignStatus.RUNNING);
});

test('acknowledgements behind the one that asked for the check enqueue nothing', async () => {
  const [ada = '', ...others] = await hire(3);
  const campaignId = await waiting([ada, ...others]);
  await s.database.query('update campaign_run set enough = 1 where campaign_id = $1', [campaignId]);
  const holder = new Client({ connectionString: s.database.ownerUrl });
  await holder.connect();
  try {
    await holder.query('begin');
    await holder.query('select from campaign_run where campaign_id = $1 for update', [campaignId]);
    await acknowledge(campaignId, ada);
    await transactionWaits();
    const job = await enqueued(campaignId);
    expect(job).toHaveLength(1);
    for (const userId of others) await acknowledge(campaignId, userId);
    expect(await enqueued(campaignId)).toEqual(job);
  } finally {
    await holder.end();
  }
  await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
});

test('acknowledgements in a pause enqueue nothing, and its end leads to the check', async () => {
  const people = await hire(3);
  const campaignId = await waiting(people);
  const steering = cast.max.client(CampaignSteeringService);
  await steering.pauseCampaign({ campaignId });
  const job = await enqueued(campaignId);
  for (const userId of people) await acknowledge(campaignId, userId);
  expect(await enqueued(campaignId)).toEqual(job);
  await steering.resumeCampaign({ campaignId });
  await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
});

test('an acknowledgement that is in flight when a pause ends is seen by the check', async () => {
  const [ada = ''] = await hire(1);
  const campaignId = await waiting([ada]);
  const steering = cast.max.client(CampaignSteeringService);
  await steering.pauseCampaign({ campaignId });
  const scope = openScope(ada);
  await acknowledge(campaignId, ada, scope);
  await steering.resumeCampaign({ campaignId });
  await transactionWaits();
  await scope.commit();
  await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
});

test('acknowledgements before the first check enqueue nothing: that check follows anyway', async () => {
  const people = await hire(2);
  const campaignId = await waiting(people);
  await s.database.query('update campaign_run set enough = null where campaign_id = $1', [campaignId]);
  const job = await enqueued(campaignId);
  for (const userId of people) await acknowledge(campaignId, userId);
  expect(await enqueued(campaignId)).toEqual(job);
  await s.database.query('update graphile_worker._private_jobs set run_at = now() where key = $1', [
    `campaign.advance/${campaignId}`,
  ]);
  await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
});

test('of 1,500 acknowledgements, eight at a time, one asks for the check', async () => {
  const people = await hire(1_500);
  const campaignId = await waiting(people);
  const before = checks();
  const left = [...people];
  const act = async (): Promise<void> => {
    for (let userId = left.pop(); userId; userId = left.pop()) await acknowledge(campaignId, userId);
  };
  await Promise.all(Array.from({ length: 8 }, act));
  expect(await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED)).toMatchObject({
    actionCompletedCount: people.length,
  });
  expect(checks() - before).toBe(1);
});

test('a campaign whose event was missed is found by the recall, and others keep waiting', async () => {
  const [ada = '', bob = ''] = await hire(2);
  const campaignId = await waiting([ada]);
  const other = await waiting([bob]);
  await s.database.query('update campaign_run set enough = 1000 where campaign_id = $1', [campaignId]);
  await acknowledge(campaignId, ada);
  const keys = [`campaign.advance/${campaignId}`, `campaign.advance/${other}`];
  const recall = `select graphile_worker.add_job('campaign.recall', '{}', job_key := 'recall')`;
  const recalled = () =>
    eventually('the recall is over', async () => {
      const jobs = await s.database.query(`select from graphile_worker.jobs where key = 'recall'`);
      return jobs.length === 0;
    });
  await s.database.query(recall);
  await recalled();
  // It has not waited for an hour.
  expect(await statusOf(campaignId)).toBe(CampaignStatus.RUNNING);
  await s.database.query(
    `update graphile_worker._private_jobs set updated_at = now() - interval '2 hours' where key = any($1)`,
    [keys],
  );
  await s.database.query(recall);
  await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
  await recalled();
  const looked = async () => {
    const [job] = await s.database.query<{ waits: boolean }>(
      'select run_at > now() as waits from graphile_worker.jobs where key = $1 and locked_at is null',
      [keys[1]],
    );
    return job?.waits;
  };
  await eventually('the other one waits again', looked);
  expect(await statusOf(other)).toBe(CampaignStatus.RUNNING);
});
