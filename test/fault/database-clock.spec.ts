import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { createCampaign, untilStatus, untilStep } from '../support/campaigns.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { hire } from '../support/members.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { ask, mark, startWorkflow, wait } from '../support/workflows.js';
import { DyingPostgres } from './dying-postgres.js';
import { JumpingClock } from './jumping-clock.js';
import { WorkerProcesses } from './worker-process.js';

jest.setTimeout(180_000);

const DAY = 24 * 3_600;
/** The database's clock is followed every ten seconds, and a dead worker noticed after ten. */
const SOON_MS = 45_000;

const clock = await JumpingClock.create();
if (!clock) console.log('skipped: no libfaketime; scripts/real-components.sh installs it');

let postgres: DyingPostgres;
let s: TestServer;
let cast: Cast;
let recipient: Actor;
const workers = new WorkerProcesses(() => postgres.database);

beforeAll(async () => {
  if (!clock) return;
  postgres = await DyingPostgres.start({ clock });
  s = await startTestServer({ database: postgres.database, env: { ROLE: 'api' } });
  cast = await seedCast(s);
  recipient = await hire(s, cast.acme);
});
beforeEach(() => clock?.set(0));
afterEach(() => workers.killAll());
afterAll(async () => {
  await s?.stop();
  await postgres?.remove();
  await clock?.remove();
});

async function start(): Promise<string> {
  const campaignId = await createCampaign(cast.max, [recipient.userId]);
  await cast.max.client(CampaignService).startCampaign({ campaignId });
  return campaignId;
}

/** How many seconds a campaign still waits, by the clock of the database. */
async function secondsLeft(campaignId: string): Promise<number> {
  const [run] = await postgres.database.query<{ left: number }>(
    'select extract(epoch from wake_at - now())::float as left from campaign_run where campaign_id = $1',
    [campaignId],
  );
  return run?.left ?? NaN;
}

async function jobOf(campaignId: string): Promise<{ left: number; isLocked: boolean } | undefined> {
  const [job] = await postgres.database.query<{ left: number; isLocked: boolean }>(
    `select extract(epoch from run_at - now())::float as left, locked_at is not null as "isLocked"
       from graphile_worker._private_jobs where key = $1`,
    [`campaign.advance/${campaignId}`],
  );
  return job;
}

(clock ? describe : describe.skip)('after the clock of the database was set back by a day', () => {
  test('a job that was to run at once runs, and a wait is no longer than its step says', async () => {
    workers.start();
    await clock?.set(DAY);
    const waiting = await start();
    await untilStep(cast.max, waiting, 'wait');
    await workers.killAll();
    const due = await start();
    await clock?.set(0);
    expect((await jobOf(due))?.left).toBeGreaterThan(DAY - 60);
    expect(await secondsLeft(waiting)).toBeGreaterThan(4 * DAY - 60);

    workers.start();
    await untilStep(cast.max, due, 'wait');
    await eventually(
      'the wait takes three days from now',
      async () => Math.abs((await secondsLeft(waiting)) - 3 * DAY) < 60,
      SOON_MS,
    );
    expect((await jobOf(waiting))?.left).toBeLessThan(3 * DAY + 1);
  });

  test('a running worker notices, and carries on what it had put off', async () => {
    workers.start();
    await clock?.set(DAY);
    const minute = await startWorkflow(
      cast.max,
      [recipient.userId],
      [ask('send', 'wait'), wait('wait', 'mark', '1m'), mark],
    );
    await untilStep(cast.max, minute, 'wait');
    await clock?.set(0);
    await eventually('the wait is a minute', async () => (await secondsLeft(minute)) < 61, SOON_MS);
    await clock?.set(61);
    await untilStatus(cast.max, minute, CampaignStatus.COMPLETED);
  });

  test('another worker takes over the job of one that dies', async () => {
    await clock?.set(DAY);
    const first = workers.start();
    const campaignId = await start();
    await untilStep(cast.max, campaignId, 'wait');
    // As a worker leaves it that is killed in the middle.
    await postgres.database.query(
      `update graphile_worker._private_jobs set run_at = now(), locked_at = now(),
              locked_by = (select worker_id from worker_heartbeat where lane = 'campaign' and stopped_at is null
                            order by seen_at desc limit 1)
        where key = $1`,
      [`campaign.advance/${campaignId}`],
    );
    await first.kill();
    await clock?.set(0);
    workers.start();
    await eventually(
      'another worker has it',
      async () => (await jobOf(campaignId))?.isLocked === false,
      SOON_MS,
    );
    await eventually(
      'and waits on',
      async () => Math.abs((await secondsLeft(campaignId)) - 3 * DAY) < 60,
      SOON_MS,
    );
  });
});
