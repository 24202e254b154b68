import { randomUUID } from 'node:crypto';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, DeliveryStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { Client } from 'pg';
import { addRecipient, runningCampaign, THREE_DAYS_MS, untilStatus } from '../support/campaigns.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let server: TestServer;
let cast: Cast;
let ada: Actor;
let bob: Actor;

beforeAll(async () => {
  server = await startTestServer();
  cast = await seedCast(server);
});
beforeEach(async () => {
  ada = await addRecipient(server, cast.acme, 'ada');
  bob = await addRecipient(server, cast.acme, 'bob');
});
afterAll(() => server.stop());

const inbox = (actor: Actor) => actor.client(InboxService);

async function codeOf(call: Promise<unknown>): Promise<Code | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => ConnectError.from(error).code,
  );
}

async function onlyDelivery(actor: Actor): Promise<string> {
  const { entries } = await inbox(actor).sync({});
  expect(entries).toHaveLength(1);
  return entries[0]?.deliveryId ?? '';
}

async function statusOf(campaignId: string, actor: Actor): Promise<DeliveryStatus | undefined> {
  const { deliveries } = await cast.max.client(CampaignService).listDeliveries({ campaignId });
  return deliveries.find(({ userId }) => userId === actor.userId)?.status;
}

describe('refuses', () => {
  test("another member's delivery, and another organization's, as if they did not exist", async () => {
    await runningCampaign(cast.max, [ada.userId]);
    const deliveryId = await onlyDelivery(ada);
    for (const other of [bob, cast.alice, cast.mallory]) {
      expect(await codeOf(inbox(other).getMessage({ deliveryId }))).toBe(Code.NotFound);
      expect(await codeOf(inbox(other).markRead({ deliveryId }))).toBe(Code.NotFound);
      expect(await codeOf(other.client(ActionService).submitAction({ deliveryId, actionId: 'ack' }))).toBe(
        Code.NotFound,
      );
      expect((await inbox(other).sync({})).entries.map((entry) => entry.deliveryId)).not.toContain(
        deliveryId,
      );
    }
  });

  test('API keys: they have no inbox', async () => {
    expect(await codeOf(inbox(cast.kiosk).sync({}))).toBe(Code.PermissionDenied);
  });

  test.each([-1, 201])('a limit of %i', async (limit) => {
    expect(await codeOf(inbox(ada).sync({ limit }))).toBe(Code.InvalidArgument);
  });

  test('actions that the message does not have', async () => {
    await runningCampaign(cast.max, [ada.userId]);
    const deliveryId = await onlyDelivery(ada);
    expect(await codeOf(ada.client(ActionService).submitAction({ deliveryId, actionId: 'buy' }))).toBe(
      Code.InvalidArgument,
    );
  });

  test('an acknowledgement with a payload', async () => {
    await runningCampaign(cast.max, [ada.userId]);
    const deliveryId = await onlyDelivery(ada);
    const { submitAction } = ada.client(ActionService);
    const payload = new TextEncoder().encode('{}');
    const refused = await refusalOf(submitAction({ deliveryId, actionId: 'ack', payload }));
    expect(refused).toMatchObject({ code: Code.InvalidArgument, fields: ['payload'] });
    expect((await submitAction({ deliveryId, actionId: 'ack' })).success).toBe(true);
  });

  test('a second acknowledgement, one after the deadline, and one after the cancellation', async () => {
    const first = await runningCampaign(cast.max, [ada.userId, bob.userId]);
    const [adas, bobs] = [await onlyDelivery(ada), await onlyDelivery(bob)];
    const act = (actor: Actor, deliveryId: string) =>
      actor.client(ActionService).submitAction({ deliveryId, actionId: 'ack' });
    await act(ada, adas);
    expect(await codeOf(act(ada, adas))).toBe(Code.FailedPrecondition);
    await server.travel(THREE_DAYS_MS);
    await untilStatus(cast.max, first, CampaignStatus.COMPLETED);
    expect(await codeOf(act(bob, bobs))).toBe(Code.FailedPrecondition);

    const cyd = await addRecipient(server, cast.acme, 'cyd');
    const second = await runningCampaign(cast.max, [cyd.userId]);
    const cyds = await onlyDelivery(cyd);
    await cast.max.client(CampaignService).cancelCampaign({ campaignId: second });
    expect(await codeOf(act(cyd, cyds))).toBe(Code.FailedPrecondition);
  });
});

describe('an acknowledgement', () => {
  test('counts once when the same person sends it ten times at once', async () => {
    const campaignId = await runningCampaign(cast.max, [ada.userId, bob.userId]);
    const deliveryId = await onlyDelivery(ada);
    const codes = await Promise.all(
      Array.from({ length: 10 }, () =>
        codeOf(ada.client(ActionService).submitAction({ deliveryId, actionId: 'ack' })),
      ),
    );
    expect(codes.filter((code) => code === undefined)).toHaveLength(1);
    const { campaign } = await cast.max.client(CampaignService).getCampaign({ campaignId });
    expect(campaign?.actionCompletedCount).toBe(1);
    const trail = await server.database.query(
      `select from audit_event where event_type = 'ACK_REGISTERED' and entity_id = $1`,
      [deliveryId],
    );
    expect(trail).toHaveLength(1);
  });

  test('of the last one ends the wait, also when the last ones act at once', async () => {
    const people = [ada, bob];
    for (let n = 0; n < 8; n += 1) people.push(await addRecipient(server, cast.acme, `p${n}`));
    const campaignId = await runningCampaign(
      cast.max,
      people.map(({ userId }) => userId),
    );
    const deliveries = await Promise.all(people.map(onlyDelivery));
    await Promise.all(
      people.map((person, n) =>
        person.client(ActionService).submitAction({ deliveryId: deliveries[n], actionId: 'ack' }),
      ),
    );
    const campaign = await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    expect(campaign).toMatchObject({ actionCompletedCount: 10, missedCount: 0, totalRecipients: 10 });
  });

  test('of everybody ends the wait, however closely they follow each other', async () => {
    for (let round = 0; round < 6; round += 1) {
      const people = await Promise.all(['x', 'y', 'z'].map((name) => addRecipient(server, cast.acme, name)));
      const campaignId = await runningCampaign(
        cast.max,
        people.map(({ userId }) => userId),
      );
      const deliveries = await Promise.all(people.map(onlyDelivery));
      // One after the other: each may meet the look that the one before it asked for.
      for (const [n, person] of people.entries()) {
        await person.client(ActionService).submitAction({ deliveryId: deliveries[n], actionId: 'ack' });
      }
      await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    }
  });
});

describe('sync', () => {
  test('delivers: the first to receive an entry marks it, GetMessage too', async () => {
    const campaignId = await runningCampaign(cast.max, [ada.userId, bob.userId]);
    expect(await statusOf(campaignId, ada)).toBe(DeliveryStatus.SENT);
    const deliveryId = await onlyDelivery(ada);
    expect(await statusOf(campaignId, ada)).toBe(DeliveryStatus.DELIVERED);
    const { entry } = await inbox(ada).getMessage({ deliveryId });
    expect(entry).toMatchObject({ status: DeliveryStatus.DELIVERED, read: false });
    expect(entry?.message).toMatchObject({ campaignId, title: 'Title', body: 'Hello ada.' });
    expect(entry?.message?.contentId).toMatch(/^[0-9a-f]{64}$/);
  });

  test('sends a changed entry again, once, and then nothing', async () => {
    await runningCampaign(cast.max, [ada.userId, bob.userId]);
    const first = await inbox(ada).sync({});
    const deliveryId = first.entries[0]?.deliveryId;
    await inbox(ada).markRead({ deliveryId });
    await inbox(ada).markRead({ deliveryId });
    const second = await inbox(ada).sync({ since: first.nextSince });
    expect(second.entries).toMatchObject([{ deliveryId, read: true }]);
    const third = await inbox(ada).sync({ since: second.nextSince });
    expect(third.entries).toEqual([]);
    expect(third.nextSince).toEqual(second.nextSince);
  });

  test('pages through everything in the order of change, each entry once', async () => {
    for (let n = 0; n < 5; n += 1) await runningCampaign(cast.max, [ada.userId]);
    const seen: string[] = [];
    let since: Timestamp | undefined;
    for (;;) {
      const page = await inbox(ada).sync({ since, limit: 2 });
      if (page.entries.length === 0) break;
      seen.push(...page.entries.map(({ deliveryId }) => deliveryId));
      since = page.nextSince;
    }
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(5);
  });

  test('skips nothing when an older transaction commits after a newer one', async () => {
    await runningCampaign(cast.max, [ada.userId, bob.userId]);
    const { nextSince, entries } = await inbox(ada).sync({});
    const deliveryId = entries[0]?.deliveryId ?? '';
    const slow = new Client({ connectionString: server.database.appUrl });
    await slow.connect();
    try {
      // An older transaction changes the inbox and stays open, as a slow worker would.
      await slow.query('begin');
      await slow.query(`select set_config('app.org_id', $1, true)`, [cast.acme.id]);
      await slow.query(
        `update inbox set changed_at = greatest(clock_timestamp(), changed_at + interval '1 microsecond')
          where org_id = $1 and user_id = $2`,
        [cast.acme.id, ada.userId],
      );
      const older = randomUUID();
      await slow.query(
        `insert into delivery (org_id, id, campaign_id, step_id, user_id, kind, status, content_id, created_at, changed_at)
         select org_id, $1, campaign_id, 'older', user_id, kind, 2, content_id, created_at,
                (select changed_at from inbox where org_id = $2 and user_id = $3)
           from delivery where id = $4`,
        [older, cast.acme.id, ada.userId, deliveryId],
      );
      // A newer one wants to change the same inbox: it must not become visible before the older one.
      const newer = inbox(ada).markRead({ deliveryId });
      await eventually('the newer change waits for the older one', async () => {
        const waiting = await server.database.query(
          `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        );
        return waiting.length > 0;
      });
      expect((await inbox(ada).sync({ since: nextSince })).entries).toEqual([]);
      await slow.query('commit');
      await newer;
      const both = await inbox(ada).sync({ since: nextSince });
      expect(both.entries.map((entry) => entry.deliveryId)).toEqual([older, deliveryId]);
    } finally {
      await slow.end();
    }
  });
});
