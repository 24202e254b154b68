import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Random } from '../fuzz/random.js';
import { addPhone } from '../support/campaigns.js';
import { eventually } from '../support/eventually.js';
import { hire } from '../support/members.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { ask, escalate, mark, remind, user } from '../support/workflows.js';
import { FanOut } from './fan-out.js';
import { WorkerProcesses } from './worker-process.js';

// FAULT_SEED=<the printed one> kills at the same moments again, FAULT_KILLS=300 kills more.
const seed = Number(process.env['FAULT_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const kills = Number(process.env['FAULT_KILLS'] ?? 10);
const RECIPIENTS = 3_000;

jest.setTimeout(400_000 + kills * 5_000);

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

describe('reminders and escalations', () => {
  test(`send each copy once, although ${kills} workers are killed`, async () => {
    console.log(`FAULT_SEED=${seed} FAULT_KILLS=${kills}`);
    const random = new Random(seed);
    const [boss, peer] = [await hire(s, fanOut.cast.acme), await hire(s, fanOut.cast.acme)];
    await addPhone(boss);
    const targets = [user(boss.userId), user(peer.userId)];
    const campaignId = await fanOut.start([
      ask('send', 'note'),
      remind('note', 'up', [user(boss.userId)]),
      escalate('up', 'mark', { targets, repeatCount: 1, repeatIntervalMinutes: 1 }),
      mark,
    ]);
    for (let kill = 0; kill < kills; kill += 1) {
      while (workers.running.length < 2) workers.start();
      await workers.atWork();
      await delay(random.int(0, 400));
      await random.pick(workers.running).kill();
      await workers.declareDead();
    }
    while (workers.running.length < 2) workers.start();
    await eventually(
      'the second round is waited for, or done',
      async () => {
        await workers.declareSilentDead();
        // A minute need not be waited for: the clock of the run and that of its job are set back.
        await s.database.query(
          `update campaign_run set wake_at = now() where campaign_id = $1 and round = 1 and wake_at > now()`,
          [campaignId],
        );
        await s.database.query(
          `update graphile_worker._private_jobs set run_at = now() where key = $1 and locked_at is null`,
          [`campaign.advance/${campaignId}`],
        );
        return fanOut.isCompleted(campaignId);
      },
      200_000,
    );
    const rows = await s.database.query(
      `select step_id as step, round, kind, count(*)::int as rows, count(distinct (user_id, parent_delivery_id))::int as once
         from delivery where campaign_id = $1 group by step_id, round, kind order by step_id, round`,
      [campaignId],
    );
    const all = RECIPIENTS;
    expect(rows).toEqual([
      { step: 'note', round: 0, kind: 3, rows: all, once: all },
      { step: 'send', round: 0, kind: 1, rows: all, once: all },
      { step: 'up', round: 0, kind: 2, rows: 2 * all, once: 2 * all },
      { step: 'up', round: 1, kind: 2, rows: 2 * all, once: 2 * all },
    ]);
    const [pushes] = await s.database.query(
      `select count(*)::int as rows, count(distinct (p.delivery_id, p.device_id, p.step_id, p.round))::int as once
         from push_outbox p join delivery d on d.org_id = p.org_id and d.id = p.delivery_id where d.campaign_id = $1`,
      [campaignId],
    );
    // The manager has the only phone: a note and two rounds for each recipient.
    expect(pushes).toEqual({ rows: 3 * all, once: 3 * all });
    const [counted] = await s.database.query(
      `select sum(recipients)::int as recipients, sum(copies)::int as copies, sum(missed)::int as missed
         from campaign_counter where campaign_id = $1`,
      [campaignId],
    );
    expect(counted).toEqual({ recipients: all, copies: 5 * all, missed: all });
    const clocks = await s.database.query(
      `select from delivery where campaign_id = $1 group by user_id, changed_at having count(*) > 1`,
      [campaignId],
    );
    expect(clocks).toEqual([]);
  });
});
