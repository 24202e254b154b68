import { randomUUID } from 'node:crypto';
import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { ActionType, CampaignStatus, DeliveryStatus, StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { Client } from 'pg';
import { addRecipient, createTemplate, THREE_DAYS_MS, untilStatus, untilStep } from '../support/campaigns.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { hire, members } from '../support/members.js';
import { refusalOf } from '../support/refusal.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

let s: TestServer;
let cast: Cast;
let templateId: string;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  templateId = await createTemplate(cast.max);
});
afterAll(() => s.stop());

const campaigns = () => cast.max.client(CampaignService);

const send = (id: string, next: string, actionType = ActionType.ACK) => ({
  id,
  type: StepType.SEND_NOTIFICATION,
  config: { case: 'sendNotification' as const, value: { type: 'push', actionType } },
  transitions: { completed: next },
});
const wait = (id: string, next: string, delay = '72h') => ({
  id,
  type: StepType.DEADLINE_CHECK,
  config: { case: 'deadlineCheck' as const, value: { delay } },
  transitions: { completed: next },
});
const mark = { id: 'mark', type: StepType.MARK_MISSED };
const asked = [send('send', 'wait'), wait('wait', 'mark'), mark];

async function started(userIds: readonly string[], steps: object[] = asked, template = templateId) {
  const { campaign } = await campaigns().createCampaign({
    name: 'Campaign',
    templateId: template,
    userIds: [...userIds],
    workflow: { steps },
  });
  const campaignId = campaign?.id ?? '';
  await campaigns().startCampaign({ campaignId });
  return campaignId;
}

async function waiting(userIds: readonly string[], steps: object[] = asked): Promise<string> {
  const campaignId = await started(userIds, steps);
  await untilStep(cast.max, campaignId, 'wait');
  return campaignId;
}

/** How many deliveries have each status. */
async function tally(campaignId: string): Promise<Record<string, number>> {
  const { deliveries } = await campaigns().listDeliveries({ campaignId, pagination: { pageSize: 100 } });
  const counts: Record<string, number> = {};
  for (const { status } of deliveries) {
    const word = DeliveryStatus[status];
    counts[word] = (counts[word] ?? 0) + 1;
  }
  return counts;
}

async function invited(): Promise<string> {
  const email = `${randomUUID()}@acme.example`;
  return (await members(cast.alice).inviteUser({ email })).user?.id ?? '';
}

async function entryOf(actor: Actor, campaignId: string) {
  const { entries } = await actor.client(InboxService).sync({ limit: 200 });
  return entries.find(({ message }) => message?.campaignId === campaignId);
}

async function acknowledge(actor: Actor, campaignId: string): Promise<void> {
  const deliveryId = (await entryOf(actor, campaignId))?.deliveryId;
  await actor.client(ActionService).submitAction({ deliveryId, actionId: 'ack' });
}

const completed = (campaignId: string) => untilStatus(cast.max, campaignId, CampaignStatus.COMPLETED);

async function expectNoAction(actor: Actor, campaignId: string): Promise<void> {
  const entry = await entryOf(actor, campaignId);
  expect(entry?.message?.actions).toEqual([]);
  const { deliveryId } = entry!;
  const { entry: got } = await actor.client(InboxService).getMessage({ deliveryId });
  expect(got?.message?.actions).toEqual([]);
  const refused = await refusalOf(actor.client(ActionService).submitAction({ deliveryId, actionId: 'ack' }));
  expect(refused.code).toBe(Code.FailedPrecondition);
}

describe('a deadline ends early', () => {
  test('when the last who could act has acted, with a device or without', async () => {
    const [ada, deviceless] = [await addRecipient(s, cast.acme, 'ada'), await hire(s, cast.acme)];
    const campaignId = await waiting([ada.userId, deviceless.userId]);
    await acknowledge(ada, campaignId);
    await acknowledge(deviceless, campaignId);
    expect(await completed(campaignId)).toMatchObject({ actionCompletedCount: 2, missedCount: 0 });
  });

  test('when those who have not acted are deactivated, revoked or about to be deleted', async () => {
    const [ada, out, erased] = [
      await addRecipient(s, cast.acme, 'ada'),
      await addRecipient(s, cast.acme, 'out'),
      await hire(s, cast.acme),
    ];
    const revoked = await invited();
    const campaignId = await waiting([ada.userId, out.userId, erased.userId, revoked]);
    await acknowledge(ada, campaignId);
    await members(cast.alice).revokeInvite({ userId: revoked });
    await members(cast.alice).deactivateUser({ userId: out.userId });
    await cast.alice.client(PrivacyService).deleteUserData({ userId: erased.userId });
    expect(await completed(campaignId)).toMatchObject({ actionCompletedCount: 1, missedCount: 3 });
  });

  test('when hundreds have left before the last one acts', async () => {
    const ada = await addRecipient(s, cast.acme, 'ada');
    const crowd = await s.database.query<{ id: string }>(
      `with people as (
         insert into identity (id, email) select gen_random_uuid(), gen_random_uuid() || '@acme.example'
           from generate_series(1, 600) returning id, email)
       insert into member (org_id, id, identity_id, email, name, status, role_id)
       select $1, gen_random_uuid(), id, email, '', 2, $2 from people returning id`,
      [cast.acme.id, cast.acme.roles.employee],
    );
    const ids = crowd.map(({ id }) => id);
    const campaignId = await waiting([ada.userId, ...ids]);
    // As they leave one by one.
    await s.database.query(
      `with gone as (update member set status = 3 where id = any($1) returning id, org_id)
       select graphile_worker.add_job('member.left', json_build_object('userId', id, 'orgId', org_id),
                                      job_key := 'member.left/' || id) from gone`,
      [ids],
    );
    await acknowledge(ada, campaignId);
    expect(await completed(campaignId)).toMatchObject({ actionCompletedCount: 1, missedCount: 600 });
  });

  test('when nobody got a message', async () => {
    const { template } = await cast.max.client(TemplateService).createTemplate({
      name: 't',
      title: 't',
      body: '{{seat}}',
      variables: [{ name: 'seat', source: 2, required: true }],
    });
    const campaignId = await started([(await hire(s, cast.acme)).userId], asked, template?.id);
    await completed(campaignId);
    expect(await tally(campaignId)).toEqual({ FAILED: 1 });
  });
});

test('a cancelled campaign offers no actions and takes none', async () => {
  const ada = await addRecipient(s, cast.acme, 'ada');
  const campaignId = await waiting([ada.userId]);
  expect((await entryOf(ada, campaignId))?.message?.actions).toHaveLength(1);
  await campaigns().cancelCampaign({ campaignId });
  await expectNoAction(ada, campaignId);
});

describe('three days', () => {
  let ada: Actor;
  let bob: Actor;
  let unreached: string;
  let informing: string;
  let delayed: string;
  let missed: string;
  let leftOpen: string;
  let askedTwice: string;

  beforeAll(async () => {
    ada = await addRecipient(s, cast.acme, 'ada');
    bob = await hire(s, cast.acme);
    const both = [ada.userId, bob.userId];
    const inform = send('send', 'wait', ActionType.UNSPECIFIED);
    const markAndAsk = { ...mark, transitions: { completed: 'again' } };
    unreached = await waiting([await invited(), await invited(), await invited()]);
    informing = await waiting([ada.userId], [inform, wait('wait', 'mark'), mark]);
    delayed = await waiting([ada.userId], [wait('wait', 'send'), send('send', 'late'), wait('late', 'end')]);
    missed = await waiting(both);
    leftOpen = await waiting(both, [send('send', 'wait'), wait('wait', 'end')]);
    askedTwice = await waiting(
      [bob.userId],
      [...asked.slice(0, 2), markAndAsk, send('again', 'late'), wait('late', 'end')],
    );
    for (const campaignId of [missed, leftOpen]) await acknowledge(ada, campaignId);
    await eventually('the campaigns have looked at what was acknowledged', async () => {
      const due = await s.database.query('select from graphile_worker.jobs where run_at <= now()');
      return due.length === 0;
    });
  });

  test('are waited to the last minute', async () => {
    await s.travel(THREE_DAYS_MS - 60_000);
    for (const campaignId of [unreached, informing, delayed, missed, leftOpen, askedTwice])
      await untilStep(cast.max, campaignId, 'wait');
    expect(await tally(unreached)).toEqual({ NO_DEVICE: 3 });
    expect(await tally(delayed)).toEqual({});
    expect((await entryOf(bob, missed))?.message?.actions).toHaveLength(1);
  });

  test('later, everybody who was asked and has not acknowledged has missed it, device or not', async () => {
    await s.travel(60_000);
    expect(await completed(unreached)).toMatchObject({ totalRecipients: 3, missedCount: 3 });
    expect(await tally(unreached)).toEqual({ MISSED: 3 });
    await completed(missed);
    expect(await tally(missed)).toEqual({ ACKNOWLEDGED: 1, MISSED: 1 });
    const stamps = await s.database.query<{ missed: number }>(
      'select count(missed_at)::int as missed from delivery where campaign_id = any($1) and status = 5',
      [[unreached, missed]],
    );
    expect(stamps).toEqual([{ missed: 4 }]);
  });

  test('later, nobody has missed what asked for nothing, or what nothing marks', async () => {
    expect(await completed(informing)).toMatchObject({ missedCount: 0 });
    expect(await tally(informing)).toEqual({ DELIVERED: 1 });
    await completed(leftOpen);
    expect(await tally(leftOpen)).toEqual({ ACKNOWLEDGED: 1, DELIVERED: 1 });
  });

  test('later, what is over offers no actions and takes none: acknowledged, missed, or open to the end', async () => {
    for (const campaignId of [missed, leftOpen]) {
      for (const actor of [ada, bob]) await expectNoAction(actor, campaignId);
    }
  });

  test('later, a message that was missed offers none either while its campaign goes on', async () => {
    await untilStep(cast.max, askedTwice, 'late');
    const { entries } = await bob.client(InboxService).sync({ limit: 200 });
    const offered = entries
      .filter(({ message }) => message?.campaignId === askedTwice)
      .map(({ status, message }) => [DeliveryStatus[status], message?.actions.length]);
    expect(offered).toEqual([
      ['MISSED', 0],
      ['DELIVERED', 1],
    ]);
  });

  test('before the first message delay it', async () => {
    await untilStep(cast.max, delayed, 'late');
    expect(await tally(delayed)).toEqual({ DELIVERED: 1 });
  });
});

describe('the database', () => {
  const { PENDING, SENT, DELIVERED, ACKNOWLEDGED, MISSED, NO_DEVICE, FAILED } = DeliveryStatus;
  const all = [PENDING, SENT, DELIVERED, ACKNOWLEDGED, MISSED, NO_DEVICE, FAILED];
  const legal = new Map([
    [PENDING, [SENT, DELIVERED, ACKNOWLEDGED, MISSED, NO_DEVICE, FAILED]],
    [SENT, [DELIVERED, ACKNOWLEDGED, MISSED]],
    [DELIVERED, [ACKNOWLEDGED, MISSED]],
    [NO_DEVICE, [SENT, DELIVERED, ACKNOWLEDGED, MISSED]],
  ]);

  test('knows what a delivery can become', async () => {
    const campaignId = await waiting([(await hire(s, cast.acme)).userId]);
    for (const from of all) {
      for (const to of all) {
        const id = randomUUID();
        await s.database.query(
          `insert into delivery (org_id, id, campaign_id, step_id, user_id, kind, status, created_at, changed_at)
           values ($1, $2, $3, 'forged', $2, 1, $4, now(), now())`,
          [cast.acme.id, id, campaignId, from],
        );
        const changed = s.database.query('update delivery set status = $2 where id = $1', [id, to]);
        if (to === from || legal.get(from)?.includes(to)) await changed;
        else
          await expect(changed).rejects.toThrow(`a delivery does not go from status ${from} to status ${to}`);
        await s.database.query('delete from delivery where id = $1', [id]);
      }
    }
  });

  test('lets no campaign begin again', async () => {
    const campaignId = await waiting([(await hire(s, cast.acme)).userId]);
    await campaigns().cancelCampaign({ campaignId });
    for (const status of [CampaignStatus.CREATED, CampaignStatus.RUNNING, CampaignStatus.COMPLETED]) {
      const changed = s.database.query('update campaign set status = $2 where id = $1', [campaignId, status]);
      await expect(changed).rejects.toThrow('a campaign does not go');
    }
  });
});

describe('a cancellation that meets a start', () => {
  /** Until so many statements wait for the campaign's lock. */
  async function waitingForLock(count: number): Promise<void> {
    await eventually(`${count} wait`, async () => {
      const rows = await s.database.query(
        `select from pg_stat_activity where datname = current_database() and usename = 'dovecote_app'
            and state = 'active' and wait_event_type = 'Lock'`,
      );
      return rows.length === count;
    });
  }

  test('leaves nothing that would be sent', async () => {
    const { campaign } = await campaigns().createCampaign({
      ...{ name: 'Campaign', templateId, workflow: { steps: asked } },
      userIds: [cast.erin.userId],
    });
    const campaignId = campaign?.id ?? '';
    const holder = new Client({ connectionString: s.database.ownerUrl });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from campaign where id = $1 for update', [campaignId]);
    const start = campaigns().startCampaign({ campaignId });
    await waitingForLock(1);
    // It finds no run to end: that of the start is not there yet.
    const cancel = campaigns().cancelCampaign({ campaignId });
    await waitingForLock(2);
    await holder.query('commit');
    await holder.end();
    await Promise.all([start, cancel]);
    const runs = await s.database.query('select from campaign_run where campaign_id = $1', [campaignId]);
    expect(runs).toEqual([]);
    expect((await campaigns().getCampaign({ campaignId })).campaign?.status).toBe(CampaignStatus.CANCELLED);
    expect(await tally(campaignId)).toEqual({});
  });
});
