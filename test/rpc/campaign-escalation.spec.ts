import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { CampaignService, Delivery_Kind as Kind } from '@dovecote/contract/pidgr/v1/campaign_pb';
import {
  CampaignStatus,
  DeliveryStatus,
  EscalateMode,
  EscalationCondition,
  EscalationTargetType,
} from '@dovecote/contract/pidgr/v1/common_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { addRecipient, untilStatus, untilStep } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import {
  acknowledge,
  copiesOf,
  entriesOf,
  pushesOf,
  setManager,
  skipsOf,
  tally,
} from '../support/follow-ups.js';
import { hire, members } from '../support/members.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { ask, escalate, manager, mark, startWorkflow, user, wait } from '../support/workflows.js';

const HOUR_MS = 3_600_000;

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

const campaigns = () => cast.max.client(CampaignService);

const completed = (campaignId: string) => untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);

describe('an escalation', () => {
  test('tells every target once about each recipient who has not acknowledged', async () => {
    const ada = await addRecipient(s, cast.acme, 'ada');
    const [bob, done, boss, peer, gone] = await Promise.all([1, 2, 3, 4, 5].map(() => hire(s, cast.acme)));
    const chief = await hire(s, cast.acme, 'admin');
    const groups = cast.alice.client(GroupService);
    const { group } = await groups.createGroup({ name: `Told ${randomUUID()}` });
    const told = [peer!, boss!, ada, gone!].map(({ userId }) => userId);
    await groups.addGroupMembers({ groupId: group?.id, userIds: told });
    for (const report of [ada, bob!]) await setManager(cast.alice, report, boss!);
    await members(cast.alice).deactivateUser({ userId: gone!.userId });
    const steps = [
      ask('send', 'first'),
      wait('first', 'up', '1h'),
      escalate('up', 'wait', {
        targets: [
          { type: EscalationTargetType.GROUP, targetId: group?.id },
          manager,
          user(boss!.userId),
          { type: EscalationTargetType.ROLE, targetId: cast.acme.roles.admin },
        ],
      }),
      wait('wait', 'mark', '1h'),
      mark,
    ];
    const campaignId = await startWorkflow(cast.max, [ada.userId, bob!.userId, done!.userId], steps);
    await untilStep(cast.max, campaignId, 'first');
    await acknowledge(done!, campaignId);
    await s.travel(HOUR_MS);
    await untilStep(cast.max, campaignId, 'wait');
    const expected = [
      ...[boss!, peer!, chief].map((to) => [to.userId, ada.userId]),
      ...[boss!, peer!, chief, ada].map((to) => [to.userId, bob!.userId]),
    ];
    const copies = await copiesOf(s, campaignId);
    expect(copies.map(({ user: to, of }) => [to, of]).sort()).toEqual(expected.sort());
    expect(await skipsOf(s, campaignId)).toEqual([
      { reason: 'target_inactive', of: null, user: null, amount: 1 },
    ]);

    // The manager of two has a copy of each, and may act on it; that says nothing about the recipient.
    const entries = await entriesOf(boss!, campaignId);
    expect(entries.map(({ kind }) => kind)).toEqual([Kind.ESCALATION, Kind.ESCALATION]);
    const [first] = entries;
    expect(first?.message?.actions).toHaveLength(1);
    await boss!.client(ActionService).submitAction({ deliveryId: first?.deliveryId, actionId: 'ack' });
    // Both recipients act in the same instant: their open copies are settled.
    await Promise.all([acknowledge(ada, campaignId), acknowledge(bob!, campaignId)]);
    await eventually('all copies are settled', async () =>
      (await copiesOf(s, campaignId)).every(({ status }) => status === DeliveryStatus.ACKNOWLEDGED),
    );
    const acted = await s.database.query<{ acted: number; dismissed: number }>(
      `select count(acted_at)::int as acted, count(dismissed_at)::int as dismissed from delivery
        where campaign_id = $1 and kind = 2`,
      [campaignId],
    );
    expect(acted).toEqual([{ acted: 1, dismissed: 6 }]);
    expect(await completed(campaignId)).toMatchObject({ totalRecipients: 3, actionCompletedCount: 3 });
  });

  test('asks again in each round, and holds the path until the last', async () => {
    const [ada, bob, boss] = await Promise.all([1, 2, 3].map(() => hire(s, cast.acme)));
    const targets = [user(boss!.userId)];
    const steps = [
      ask('send', 'up'),
      escalate('up', 'mark', { targets, repeatCount: 2, repeatIntervalMinutes: 60 }),
      mark,
    ];
    const campaignId = await startWorkflow(cast.max, [ada!.userId, bob!.userId], steps);
    const round = async (copies: number) => {
      await eventually(
        `${copies} copies are there`,
        async () => (await copiesOf(s, campaignId)).length === copies,
      );
      return eventually('the next round is waited for', async () => {
        const { campaign } = await campaigns().getCampaign({ campaignId });
        return campaign?.workflowProgress?.nextWakeAt && campaign.workflowProgress;
      });
    };
    const first = await round(2);
    expect(first.currentStepId).toBe('up');
    expect(Number(first.nextWakeAt!.seconds - first.stepEnteredAt!.seconds)).toBeGreaterThanOrEqual(3600);
    await acknowledge(ada!, campaignId);
    await s.travel(HOUR_MS);
    const second = await round(3);
    expect(second.stepEnteredAt).toEqual(first.stepEnteredAt);
    expect(second.nextWakeAt!.seconds - first.nextWakeAt!.seconds).toBeGreaterThanOrEqual(3600n);
    await s.travel(HOUR_MS);
    await completed(campaignId);
    expect((await copiesOf(s, campaignId)).map(({ of, round: its }) => [of, its])).toEqual(
      expect.arrayContaining([
        [ada!.userId, 0],
        [bob!.userId, 0],
        [bob!.userId, 1],
        [bob!.userId, 2],
      ]),
    );
    expect(await copiesOf(s, campaignId)).toHaveLength(4);
    expect(await tally(s, campaignId)).toEqual({ ACKNOWLEDGED: 1, MISSED: 1 });
  });

  test('ends between rounds once all have acknowledged', async () => {
    const [ada, boss] = [await hire(s, cast.acme), await hire(s, cast.acme)];
    const again = { targets: [user(boss.userId)], repeatCount: 5, repeatIntervalMinutes: 60 };
    const campaignId = await startWorkflow(
      cast.max,
      [ada.userId],
      [ask('send', 'up'), escalate('up', 'mark', again), mark],
    );
    await eventually('the copy is there', async () => (await copiesOf(s, campaignId)).length === 1);
    await acknowledge(ada, campaignId);
    expect(await completed(campaignId)).toMatchObject({ actionCompletedCount: 1, missedCount: 0 });
    expect(await copiesOf(s, campaignId)).toHaveLength(1);
  });

  test('while the campaign is open tells of those who acknowledged, too', async () => {
    const [ada, boss] = [await hire(s, cast.acme), await hire(s, cast.acme)];
    const condition = EscalationCondition.IF_NOT_CLOSED;
    const steps = [
      ask('send', 'first'),
      wait('first', 'up', '1h'),
      escalate('up', 'mark', { targets: [user(boss.userId)], condition }),
      mark,
    ];
    const campaignId = await startWorkflow(cast.max, [ada.userId], steps);
    await untilStep(cast.max, campaignId, 'first');
    await acknowledge(ada, campaignId);
    await completed(campaignId);
    expect(await copiesOf(s, campaignId)).toMatchObject([{ user: boss.userId, of: ada.userId, status: 6 }]);
  });

  test('ends early when those whose messages were missed have left', async () => {
    const ada = await addRecipient(s, cast.acme, 'ada');
    const boss = await hire(s, cast.acme);
    const targets = [user(boss.userId)];
    const id = await startWorkflow(
      cast.max,
      [ada.userId],
      [
        ask('send', 'wait'),
        wait('wait', 'mark', '1h'),
        { ...mark, transitions: { completed: 'up' } },
        escalate('up', 'end', { targets, repeatCount: 1, repeatIntervalMinutes: 60 }),
      ],
    );
    await untilStep(cast.max, id, 'wait');
    await s.travel(HOUR_MS);
    await eventually('the first round is over', async () => (await copiesOf(s, id)).length === 1);
    expect(await tally(s, id)).toEqual({ MISSED: 1 });
    await members(cast.alice).deactivateUser({ userId: ada.userId });
    await completed(id);
    expect(await copiesOf(s, id)).toHaveLength(1);
  });

  test('says why a manager is not told, and alerts without a copy', async () => {
    const [ada, bob, lost] = await Promise.all([1, 2, 3].map(() => hire(s, cast.acme)));
    const [cay, boss] = [await hire(s, cast.acme), await addRecipient(s, cast.acme, 'boss')];
    const away = await hire(s, cast.acme);
    await setManager(cast.alice, ada!, bob!);
    await setManager(cast.alice, bob!, ada!);
    await setManager(cast.alice, cay, boss);
    await setManager(cast.alice, lost!, away);
    await members(cast.alice).deactivateUser({ userId: away.userId });
    const alone = await hire(s, cast.acme);
    const up = { targets: [manager], mode: EscalateMode.ALERT_ONLY };
    const people = [ada!, bob!, lost!, cay, alone];
    const campaignId = await startWorkflow(
      cast.max,
      people.map(({ userId }) => userId),
      [ask('send', 'up'), escalate('up', 'wait', up), wait('wait', 'end')],
    );
    await untilStep(cast.max, campaignId, 'wait');
    expect(await copiesOf(s, campaignId)).toEqual([]);
    expect(await pushesOf(s, campaignId, 'up')).toEqual([boss.userId]);
    const reasons = Object.fromEntries((await skipsOf(s, campaignId)).map(({ of, reason }) => [of, reason]));
    expect(reasons).toEqual({
      [ada!.userId]: 'manager_cycle',
      [bob!.userId]: 'manager_cycle',
      [lost!.userId]: 'target_inactive',
      [alone.userId]: 'no_manager',
    });
    const trail = await s.database.query<{ metadata: object }>(
      `select metadata from audit_event where entity_id = $1 and event_type = 'ESCALATION_EXECUTED'`,
      [campaignId],
    );
    expect(trail).toEqual([{ metadata: { step_id: 'up', round: '0', alerts: '1' } }]);
  });

  test('tells at most fifty of one recipient, and counts the others', async () => {
    const ada = await hire(s, cast.acme);
    const groups = cast.alice.client(GroupService);
    const { group } = await groups.createGroup({ name: `Many ${randomUUID()}` });
    const crowd = await s.database.query<{ id: string }>(
      `with people as (
         insert into identity (id, email) select gen_random_uuid(), gen_random_uuid() || '@acme.example'
           from generate_series(1, 60) returning id, email)
       insert into member (org_id, id, identity_id, email, name, status, role_id)
       select $1, gen_random_uuid(), id, email, '', 2, $2 from people returning id`,
      [cast.acme.id, cast.acme.roles.employee],
    );
    const userIds = crowd.map(({ id }) => id);
    await groups.addGroupMembers({ groupId: group?.id, userIds: [...userIds, ada.userId] });
    const targets = [{ type: EscalationTargetType.GROUP, targetId: group?.id }];
    const campaignId = await startWorkflow(
      cast.max,
      [ada.userId],
      [ask('send', 'up'), escalate('up', 'wait', { targets }), wait('wait', 'end')],
    );
    await untilStep(cast.max, campaignId, 'wait');
    expect(await copiesOf(s, campaignId)).toHaveLength(50);
    const [over] = await skipsOf(s, campaignId);
    expect(over).toMatchObject({ reason: 'over_recipient_limit', of: ada.userId });
    expect(over?.amount).toBeGreaterThanOrEqual(10);
  });
});
