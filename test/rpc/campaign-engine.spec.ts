import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CampaignStatus, DeliveryStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import {
  addRecipient,
  runningCampaign,
  THREE_DAYS_MS,
  untilStatus,
  untilStep,
} from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { hire } from '../support/members.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { ask, mark, startWorkflow, wait } from '../support/workflows.js';

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

describe('the ledger', () => {
  const insert = (campaignId: string, row: { user: string; round?: number; parent?: string; org?: string }) =>
    s.database.query(
      `insert into delivery (org_id, id, campaign_id, step_id, round, user_id, kind, status, parent_delivery_id,
                             created_at, changed_at)
       values ($1, $2, $3, 'up', $4, $5, 2, 6, $6, now(), now())`,
      [row.org ?? cast.acme.id, randomUUID(), campaignId, row.round ?? 0, row.user, row.parent ?? null],
    );

  test('has one copy for a person, step, round and parent', async () => {
    const ada = await hire(s, cast.acme);
    const campaignId = await runningCampaign(cast.max, [ada.userId]);
    const [first, second] = [randomUUID(), randomUUID()];
    const boss = randomUUID();
    const rows = [
      { user: boss },
      { user: boss, parent: first },
      { user: boss, parent: second },
      { user: boss, parent: first, round: 1 },
    ];
    for (const row of rows) await insert(campaignId, row);
    for (const row of rows) await expect(insert(campaignId, row)).rejects.toThrow('delivery_once_key');
  });
});

describe('two messages of one person', () => {
  test('that are missed at once are two changes of their inbox', async () => {
    const ada = await addRecipient(s, cast.acme, 'ada');
    const campaignId = await startWorkflow(
      cast.max,
      [ada.userId],
      [ask('first', 'second'), ask('second', 'wait'), wait('wait', 'mark'), mark],
    );
    await untilStep(cast.max, campaignId, 'wait');
    const before = await ada.client(InboxService).sync({ limit: 200 });
    await s.travel(THREE_DAYS_MS);
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    const seen: string[] = [];
    let since = before.nextSince;
    for (;;) {
      const page = await ada.client(InboxService).sync({ limit: 1, since });
      if (page.entries.length === 0) break;
      seen.push(...page.entries.map(({ deliveryId }) => deliveryId));
      since = page.nextSince;
    }
    expect(seen).toHaveLength(2);
    expect(new Set(seen).size).toBe(2);
  });
});

describe('a run', () => {
  test('of a newer release is left to its workers', async () => {
    const ada = await addRecipient(s, cast.acme, 'ada');
    const campaignId = await runningCampaign(cast.max, [ada.userId]);
    const jobs = () =>
      s.database.query<{ soon: boolean }>(
        `select run_at between now() and now() + interval '1 minute' as soon from graphile_worker.jobs where key = $1`,
        [`campaign.advance/${campaignId}`],
      );
    await s.database.query('update campaign_run set engine_version = 99 where campaign_id = $1', [
      campaignId,
    ]);
    await s.travel(THREE_DAYS_MS);
    await eventually('the worker has looked at it', async () => (await jobs())[0]?.soon);
    await untilStep(cast.max, campaignId, 'wait');
    await s.database.query('update campaign_run set engine_version = 1 where campaign_id = $1', [campaignId]);
    await s.travel(60_000);
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
  });

  test('waits for each deadline in turn, from a minute to a year, as the clock of the database says', async () => {
    const ada = await addRecipient(s, cast.acme, 'ada');
    const steps = [ask('send', 'one'), wait('one', 'two', '1m'), wait('two', 'year', '48h')];
    const campaignId = await startWorkflow(
      cast.max,
      [ada.userId],
      [...steps, wait('year', 'mark', '8760h'), mark],
    );
    // Sessions end in that time: the table is asked.
    const standing = async () => {
      const rows = await s.database.query<{ step: string; seconds: number }>(
        `select step_id as step, extract(epoch from wake_at - entered_at)::float as seconds from campaign_run
          where campaign_id = $1`,
        [campaignId],
      );
      return rows[0];
    };
    const delays = { one: 60_000, two: 48 * 3_600_000, year: 8760 * 3_600_000 };
    for (const [step, delay] of Object.entries(delays)) {
      await eventually(`the run waits at ${step}`, async () => (await standing())?.step === step);
      expect(await standing()).toEqual({ step, seconds: delay / 1000 });
      await s.travel(delay - 20_000);
      expect((await standing())?.step).toBe(step);
      await s.travel(20_000);
    }
    const ended = async () => {
      const rows = await s.database.query<{ status: number }>(
        `select d.status from delivery d join campaign c on c.org_id = d.org_id and c.id = d.campaign_id
          where c.id = $1 and c.status = 3`,
        [campaignId],
      );
      return rows.length > 0 && rows;
    };
    expect(await eventually('the campaign has ended', ended)).toEqual([{ status: DeliveryStatus.MISSED }]);
    expect(await standing()).toBeUndefined();
  });
});
