import { randomUUID } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CampaignSteeringService } from '@dovecote/contract/dovecote/campaign/v1/steering_pb';
import { CampaignService, Delivery_Kind as Kind } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, DeliveryStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { addRecipient, createCampaign, untilStatus, untilStep } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { acknowledge, entriesOf, setManager } from '../support/follow-ups.js';
import { hire } from '../support/members.js';
import { refusalsOf } from '../support/refusal.js';
import { deliveryOf, erase, expectSums, reports } from '../support/reports.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { ask, escalate, manager, mark, startWorkflow, user, wait } from '../support/workflows.js';

jest.setTimeout(120_000);

const HOUR_MS = 3_600_000;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const campaigns = () => cast.max.client(CampaignService);
const statisticsOf = (campaignId: string) => reports(cast.max).getCampaignStatistics({ campaignId });

describe('refuses', () => {
  test('callers without the permission, other organizations and ids of nothing', async () => {
    const campaignId = await startWorkflow(
      cast.max,
      [cast.erin.userId],
      [ask('send', 'wait'), wait('wait', 'end')],
    );
    await untilStep(cast.max, campaignId, 'wait');
    const deliveryId = await deliveryOf(s, campaignId, cast.erin);
    const [nothing, malformed] = [randomUUID(), 'x'];
    const refusals = await refusalsOf([
      reports(cast.erin).getCampaignStatistics({ campaignId }),
      reports(cast.erin).getDeliveryTimeline({ deliveryId }),
      reports(cast.mallory).getCampaignStatistics({ campaignId }),
      reports(cast.mallory).getDeliveryTimeline({ deliveryId }),
      reports(cast.max).getCampaignStatistics({ campaignId: nothing }),
      reports(cast.max).getDeliveryTimeline({ deliveryId: nothing }),
      reports(cast.max).getCampaignStatistics({ campaignId: malformed }),
      reports(cast.max).getDeliveryTimeline({ deliveryId: malformed }),
    ]);
    const { PermissionDenied, NotFound, InvalidArgument } = Code;
    expect(refusals.map(({ code }) => code)).toEqual([
      ...[PermissionDenied, PermissionDenied, NotFound, NotFound],
      ...[NotFound, NotFound, InvalidArgument, InvalidArgument],
    ]);
    expect(refusals.slice(-2).map(({ fields }) => fields)).toEqual([['campaign_id'], ['delivery_id']]);
    const { status } = await reports(cast.kiosk).getCampaignStatistics({
      campaignId: campaignId.toUpperCase(),
    });
    expect(status).toBe(CampaignStatus.RUNNING);
  });
});

describe('the figures', () => {
  test('of a campaign that was not started are about its audience', async () => {
    const [ada, hidden] = [await hire(s, cast.acme), await hire(s, cast.acme)];
    const privacy = cast.alice.client(PrivacyService);
    await privacy.restrictProcessing({ userId: hidden.userId, restricted: true });
    const campaignId = await createCampaign(cast.max, [ada.userId, hidden.userId]);
    const figures = await statisticsOf(campaignId);
    expectSums(figures);
    expect(figures).toMatchObject({ status: CampaignStatus.CREATED, audienceSize: 1, leftOut: 1 });
    expect(figures.steps.map(({ stepId, withoutDelivery }) => [stepId, withoutDelivery?.waiting])).toEqual([
      ['send', 1],
      ['wait', undefined],
      ['missed', undefined],
    ]);
    expect(figures.endEstimate).toBeUndefined();
  });

  test('add up at every instant, while it sends and while many acknowledge at once', async () => {
    const crowd = await s.database.query<{ id: string }>(
      `with people as (
         insert into identity (id, email) select gen_random_uuid(), gen_random_uuid() || '@acme.example'
           from generate_series(1, 4500) returning id, email)
       insert into member (org_id, id, identity_id, email, name, status, role_id)
       select $1, gen_random_uuid(), id, email, '', 2, $2 from people returning id`,
      [cast.acme.id, cast.acme.roles.employee],
    );
    const readers = await Promise.all(Array.from({ length: 24 }, () => hire(s, cast.acme)));
    const boss = await hire(s, cast.acme);
    const steps = [
      ask('send', 'wait'),
      wait('wait', 'up', '1h'),
      escalate('up', 'mark', { targets: [user(boss.userId)] }),
      mark,
    ];
    let isOver = false;
    const audience = [...crowd.map(({ id }) => id), ...readers.map(({ userId }) => userId)];
    const campaignId = await startWorkflow(cast.max, audience, steps);
    const watch = async (): Promise<number> => {
      let looks = 0;
      // By a key, which outlives the clock's journey.
      const watcher = reports(cast.kiosk);
      for (; !isOver || looks === 0; looks += 1)
        expectSums(await watcher.getCampaignStatistics({ campaignId }));
      return looks;
    };
    const watchers = Promise.all([watch(), watch()]);
    await untilStep(cast.max, campaignId, 'wait');
    await Promise.all(readers.map((reader) => acknowledge(reader, campaignId)));
    const [reader] = readers;
    const [entry] = await entriesOf(reader!, campaignId);
    await reader!.client(InboxService).markRead({ deliveryId: entry?.deliveryId });

    const figures = await statisticsOf(campaignId);
    expect(figures.totals).toMatchObject({ recipients: 4524, acknowledged: 24, missed: 0, copies: 0 });
    expect(figures.paces).toMatchObject([
      { windowMinutes: 1, acknowledged: 24, read: 1 },
      { windowMinutes: 60, acknowledged: 24, read: 1 },
      { windowMinutes: 1440, acknowledged: 24, read: 1 },
    ]);
    const { campaign } = await campaigns().getCampaign({ campaignId });
    const { nextWakeAt } = campaign?.workflowProgress ?? {};
    expect(figures.endEstimate).toMatchObject({
      ...{ at: nextWakeAt, atWork: false, timers: [{ stepId: 'wait', at: nextWakeAt }] },
    });

    await s.travel(HOUR_MS);
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    isOver = true;
    expect(Math.min(...(await watchers))).toBeGreaterThan(2);
    const last = await statisticsOf(campaignId);
    expectSums(last);
    expect(last.totals).toMatchObject({ recipients: 4524, acknowledged: 24, missed: 4500, copies: 4500 });
    expect(last.paces.map(({ acknowledged }) => acknowledged)).toEqual([0, 0, 24]);
    expect(last.endEstimate).toBeUndefined();
    const [first, , up] = last.steps;
    expect(first?.counts.map(({ kind, status, count, read }) => [kind, status, count, read])).toEqual([
      [Kind.PRIMARY, DeliveryStatus.ACKNOWLEDGED, 24, 1],
      [Kind.PRIMARY, DeliveryStatus.MISSED, 4500, 0],
    ]);
    expect(up?.counts).toMatchObject([{ kind: Kind.ESCALATION, count: 4500 }]);
  });

  test('estimate the end by all timers ahead, whatever ends them earlier', async () => {
    const [ada, boss] = [await hire(s, cast.acme), await hire(s, cast.acme)];
    const again = { targets: [user(boss.userId)], repeatCount: 1, repeatIntervalMinutes: 60 };
    const steps = [
      ask('send', 'first'),
      wait('first', 'up', '2h'),
      escalate('up', 'last', again),
      wait('last', 'mark', '3h'),
      mark,
    ];
    const campaignId = await startWorkflow(cast.max, [ada.userId], steps);
    await untilStep(cast.max, campaignId, 'first');
    const { campaign } = await campaigns().getCampaign({ campaignId });
    const begun = timestampDate(campaign!.workflowProgress!.stepEnteredAt!).getTime();
    const { endEstimate } = await statisticsOf(campaignId);
    expect(
      endEstimate?.timers.map(({ stepId, at }) => [stepId, timestampDate(at!).getTime() - begun]),
    ).toEqual([
      ['first', 2 * HOUR_MS],
      ['up', 3 * HOUR_MS],
      ['last', 6 * HOUR_MS],
    ]);
    const steering = cast.max.client(CampaignSteeringService);
    await steering.pauseCampaign({ campaignId });
    expect((await statisticsOf(campaignId)).endEstimate).toBeUndefined();
    await steering.resumeCampaign({ campaignId });
    expect((await statisticsOf(campaignId)).endEstimate).toEqual(endEstimate);

    await acknowledge(ada, campaignId);
    await untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);
    expect((await statisticsOf(campaignId)).endEstimate).toBeUndefined();
  });

  test('count what was erased, with its copies; it has no timeline', async () => {
    const [ada, bob, boss] = await Promise.all(
      ['ada', 'bob', 'boss'].map((name) => addRecipient(s, cast.acme, name)),
    );
    for (const report of [ada!, bob!]) await setManager(cast.alice, report, boss!);
    const steps = [ask('send', 'up'), escalate('up', 'wait', { targets: [manager] }), wait('wait', 'end')];
    const campaignId = await startWorkflow(cast.max, [ada!.userId, bob!.userId], steps);
    await untilStep(cast.max, campaignId, 'wait');
    const deliveryId = await deliveryOf(s, campaignId, ada!);
    await erase(cast.alice, ada!, false);
    await eventually('the delivery is deleted', () =>
      reports(cast.max)
        .getDeliveryTimeline({ deliveryId })
        .then(
          () => false,
          () => true,
        ),
    );
    const figures = await statisticsOf(campaignId);
    expectSums(figures);
    expect(figures).toMatchObject({
      audienceSize: 2,
      totals: { recipients: 2, erasedRecipients: 1, copies: 2, erasedCopies: 1 },
    });
    expect(figures.steps[0]?.withoutDelivery).toMatchObject({ waiting: 0, passedOver: 1 });
  });
});
