import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ActionService } from '@dovecote/contract/pidgr/v1/action_pb';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { CampaignStatus, DeliveryStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import {
  addPhone,
  addRecipient,
  createTemplate,
  THREE_DAYS_MS,
  untilStatus,
  untilStep,
  workflow,
} from '../support/campaigns.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { hire, members } from '../support/members.js';
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
const phoned = (name: string) => addRecipient(s, cast.acme, name);

interface Flags {
  includeRestricted?: boolean;
  critical?: boolean;
  waitForEnrollment?: boolean;
}

async function created(people: readonly Actor[], flags: Flags) {
  const userIds = people.map(({ userId }) => userId);
  const draft = { name: 'Campaign', templateId, workflow, userIds, ...flags };
  const { campaign } = await campaigns().createCampaign(draft);
  if (!campaign) throw new Error('No campaign came back.');
  return campaign;
}

async function started(people: readonly Actor[], flags: Flags) {
  const { id } = await created(people, flags);
  await campaigns().startCampaign({ campaignId: id });
  await untilStep(cast.max, id, 'wait');
  return id;
}

async function restrict({ userId }: Actor, restricted: boolean): Promise<void> {
  await s.database.query('update member set processing_restricted = $2 where id = $1', [userId, restricted]);
}

/** The status of each recipient's delivery, by user. */
async function ledger(campaignId: string): Promise<Record<string, string>> {
  const { deliveries } = await campaigns().listDeliveries({ campaignId, pagination: { pageSize: 100 } });
  return Object.fromEntries(deliveries.map(({ userId, status }) => [userId, DeliveryStatus[status]]));
}

async function acknowledge(who: Actor, campaignId: string): Promise<void> {
  const { entries } = await who.client(InboxService).sync({});
  const entry = entries.find((each) => each.message?.campaignId === campaignId);
  await who.client(ActionService).submitAction({ deliveryId: entry?.deliveryId, actionId: 'ack' });
}

async function sizes(campaignId: string) {
  const { campaign } = await campaigns().getCampaign({ campaignId });
  const { campaigns: listed } = await campaigns().listCampaigns({ pagination: { pageSize: 100 } });
  const inList = listed.find(({ id }) => id === campaignId);
  const [got, found] = [campaign, inList].map((each) => ({
    snapshot: each?.audienceSnapshotSize,
    current: each?.currentAudienceSize,
    stale: each?.audienceSnapshotStale,
  }));
  expect(found).toEqual(got);
  return got;
}

describe('include_restricted', () => {
  test('unset, leaves out who is restricted at the freeze, and who is by the time of sending', async () => {
    const [ada, bob, cyd] = [await phoned('ada'), await phoned('bob'), await phoned('cyd')];
    await restrict(ada, true);
    const { id, audienceSnapshotSize } = await created([ada, bob, cyd], {});
    expect(audienceSnapshotSize).toBe(2);
    await restrict(bob, true);
    // Too late for ada: the audience is frozen.
    await restrict(ada, false);
    await campaigns().startCampaign({ campaignId: id });
    await untilStep(cast.max, id, 'wait');
    expect(await ledger(id)).toEqual({ [cyd.userId]: 'SENT' });
    expect((await ada.client(InboxService).sync({})).entries).toEqual([]);
  });

  test('set, reaches them like everybody', async () => {
    const [ada, bob] = [await phoned('ada'), await phoned('bob')];
    await restrict(ada, true);
    const { id, audienceSnapshotSize } = await created([ada, bob], { includeRestricted: true });
    expect(audienceSnapshotSize).toBe(2);
    await restrict(bob, true);
    await campaigns().startCampaign({ campaignId: id });
    await untilStep(cast.max, id, 'wait');
    expect(await ledger(id)).toEqual({ [ada.userId]: 'SENT', [bob.userId]: 'SENT' });
  });
});

describe('a frozen audience', () => {
  test('is stale once the campaign would reach more of those it was made for, until it is replaced', async () => {
    const [ada, bob, cyd] = [await hire(s, cast.acme), await hire(s, cast.acme), await hire(s, cast.acme)];
    await restrict(ada, true);
    const { id } = await created([ada, bob, cyd], {});
    expect(await sizes(id)).toEqual({ snapshot: 2, current: 2, stale: false });
    await restrict(ada, false);
    expect(await sizes(id)).toEqual({ snapshot: 2, current: 3, stale: true });
    await members(cast.alice).deactivateUser({ userId: bob.userId });
    await restrict(cyd, true);
    expect(await sizes(id)).toEqual({ snapshot: 2, current: 1, stale: false });
    const people = [ada, bob, cyd].map(({ userId }) => ({ userId }));
    await campaigns().updateCampaign({ campaignId: id, audienceReplacement: { members: people } });
    // Ada and, deactivated, bob; cyd is restricted now.
    expect(await sizes(id)).toEqual({ snapshot: 2, current: 1, stale: false });
    await campaigns().cancelCampaign({ campaignId: id });
    await restrict(cyd, false);
    expect(await sizes(id)).toEqual({ snapshot: 2, current: 2, stale: false });
  });

  test('shows who is gone, deactivated and invited', async () => {
    const [gone, out, invited] = [
      (await members(cast.alice).inviteUser({ email: 'gone@acme.example' })).user?.id ?? '',
      (await hire(s, cast.acme)).userId,
      (await members(cast.alice).inviteUser({ email: 'invited@acme.example', name: 'Ida' })).user?.id ?? '',
    ];
    const { id } = await created([], {});
    const audience = [gone, out, invited].map((userId) => ({
      userId,
      variables: { seat: userId.slice(-1) },
    }));
    await campaigns().updateCampaign({ campaignId: id, audienceReplacement: { members: audience } });
    await members(cast.alice).revokeInvite({ userId: gone });
    await members(cast.alice).deactivateUser({ userId: out });
    const { entries } = await campaigns().getCampaignAudience({ campaignId: id });
    expect(entries).toMatchObject([
      { member: audience[0], email: '', displayName: '', active: false },
      { member: audience[1], email: expect.stringContaining('@'), active: false },
      { member: audience[2], email: 'invited@acme.example', displayName: 'Ida', active: true },
    ]);
    await campaigns().startCampaign({ campaignId: id });
    await untilStep(cast.max, id, 'wait');
    expect(await ledger(id)).toEqual({ [invited]: 'NO_DEVICE' });
  });

  test('of forty thousand, more than 4 MiB, comes back whole', async () => {
    const rows = await s.database.query<{ id: string }>(
      `with people as (
         insert into identity (id, email) select gen_random_uuid(), 'crowd-' || n || '@acme.example'
           from generate_series(1, 40000) as n returning id, email)
       insert into member (org_id, id, identity_id, email, name, status, role_id)
       select $1, gen_random_uuid(), id, email, 'A name of common length', 2, $2 from people returning id`,
      [cast.acme.id, cast.acme.roles.employee],
    );
    // Statistics that were taken in the middle of this know nothing of the crowd, and then a join takes minutes.
    await s.database.query('analyze member');
    const userIds = rows.map(({ id }) => id);
    const { campaign } = await campaigns().createCampaign({ name: 'Crowd', templateId, workflow, userIds });
    expect(campaign).toMatchObject({ audienceSnapshotSize: 40_000, currentAudienceSize: 40_000 });
    const { entries } = await campaigns().getCampaignAudience({ campaignId: campaign?.id });
    expect(entries.map(({ member }) => member?.userId)).toEqual(userIds);
    expect(entries.filter(({ email, active }) => email.startsWith('crowd-') && active)).toHaveLength(40_000);
    await campaigns().cancelCampaign({ campaignId: campaign?.id });
  }, 120_000);
});

describe('critical', () => {
  test.each([true, false])('%s, is on the message of every recipient', async (critical) => {
    const ada = await phoned('ada');
    await started([ada], { critical });
    const { entries } = await ada.client(InboxService).sync({});
    expect(entries.map(({ message }) => message?.critical)).toEqual([critical]);
  });
});

describe('wait_for_enrollment', () => {
  const pushesOf = ({ userId }: Actor) =>
    s.database.query<{ delivery_id: string }>(
      `select distinct p.delivery_id from push_outbox p join delivery d on d.id = p.delivery_id where d.user_id = $1`,
      [userId],
    );

  test('unset, waits for everybody as well; who registers a device later gets no push', async () => {
    const [ada, late] = [await phoned('ada'), await hire(s, cast.acme)];
    const id = await started([ada, late], {});
    expect(await ledger(id)).toEqual({ [ada.userId]: 'SENT', [late.userId]: 'NO_DEVICE' });
    await addPhone(late);
    await acknowledge(ada, id);
    expect(await ledger(id)).toMatchObject({ [late.userId]: 'NO_DEVICE' });
    expect(await pushesOf(late)).toEqual([]);
    await acknowledge(late, id);
    const campaign = await untilStatus(cast.max, id, CampaignStatus.COMPLETED);
    expect(campaign).toMatchObject({ actionCompletedCount: 2, missedCount: 0 });
  });

  test('set, keeps the deadline open, and sends what waits when a device comes', async () => {
    const [ada, late] = [await phoned('ada'), await hire(s, cast.acme)];
    const ids = [
      await started([ada, late], { waitForEnrollment: true }),
      await started([late], { waitForEnrollment: true }),
    ];
    const [first = ''] = ids;
    await acknowledge(ada, first);
    const { campaign } = await campaigns().getCampaign({ campaignId: first });
    expect(campaign).toMatchObject({ status: CampaignStatus.RUNNING, waitForEnrollment: true });
    await Promise.all([addPhone(late), addPhone(late)]);
    for (const id of ids) {
      await eventually('it is sent', async () => (await ledger(id))[late.userId] === 'SENT');
    }
    expect(await pushesOf(late)).toHaveLength(2);
    const { entries } = await late.client(InboxService).sync({});
    expect(entries).toHaveLength(2);
    await acknowledge(late, first);
    await untilStatus(cast.max, first, CampaignStatus.COMPLETED);
  });

  test('set, finds who enrolled while the message was being sent', async () => {
    const [ada, bob, late] = [await phoned('ada'), await phoned('bob'), await hire(s, cast.acme)];
    const id = await started([ada, bob, late], { waitForEnrollment: true });
    // A registration that the job missed, because the delivery was not there yet. The next look at the campaign finds it.
    await s.database.query(
      `insert into device (org_id, device_id, user_id, platform, sealed_push_token, last_seen, created_at)
       values ($1, $2, $3, 1, '', now(), now())`,
      [cast.acme.id, randomUUID(), late.userId],
    );
    await members(cast.alice).deactivateUser({ userId: ada.userId });
    await eventually('it is sent', async () => (await ledger(id))[late.userId] === 'SENT');
    expect(await pushesOf(late)).toHaveLength(1);
  });

  test('set, sends nothing to who was deactivated or restricted before they enrolled', async () => {
    const [ada, bob] = [await phoned('ada'), await phoned('bob')];
    const [out, restricted] = [await hire(s, cast.acme), await hire(s, cast.acme)];
    const late = await hire(s, cast.acme);
    const id = await started([ada, bob, out, restricted, late], { waitForEnrollment: true });
    await members(cast.alice).deactivateUser({ userId: out.userId });
    await restrict(restricted, true);
    // Registrations that the job missed: the next look at the campaign finds them.
    await s.database.query(
      `insert into device (org_id, device_id, user_id, platform, sealed_push_token, last_seen, created_at)
       select $1, gen_random_uuid(), id, 1, '', now(), now() from unnest($2::uuid[]) as id`,
      [cast.acme.id, [out, restricted, late].map(({ userId }) => userId)],
    );
    await acknowledge(ada, id);
    await eventually('late has it', async () => (await ledger(id))[late.userId] === 'SENT');
    expect(await ledger(id)).toMatchObject({ [out.userId]: 'NO_DEVICE', [restricted.userId]: 'NO_DEVICE' });
    expect([...(await pushesOf(out)), ...(await pushesOf(restricted))]).toEqual([]);
  });

  test('set, ends at the deadline with whoever has not enrolled by then', async () => {
    const [ada, late] = [await phoned('ada'), await hire(s, cast.acme)];
    const id = await started([ada, late], { waitForEnrollment: true });
    await s.travel(THREE_DAYS_MS);
    await untilStatus(cast.max, id, CampaignStatus.COMPLETED);
    expect(await ledger(id)).toEqual({ [ada.userId]: 'MISSED', [late.userId]: 'MISSED' });
    await addPhone(late);
    expect((await late.client(InboxService).sync({})).entries).toHaveLength(1);
    expect(await pushesOf(late)).toEqual([]);
  });
});
