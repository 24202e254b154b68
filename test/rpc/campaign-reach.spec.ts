import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { type Campaign, CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { GroupService } from '@dovecote/contract/pidgr/v1/group_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { AudienceStore } from '../../src/modules/messaging/campaign/audience.store.js';
import { addPhone, createTemplate, workflow } from '../support/campaigns.js';
import { type Actor, type Cast, seedCast } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { hire, invite } from '../support/members.js';
import { startTestServer, type TestServer } from '../support/test-server.js';

jest.setTimeout(120_000);

let s: TestServer;
let cast: Cast;
let people: Actor[];
let open: Campaign;
let including: Campaign;

const counted = jest.spyOn(AudienceStore.prototype, 'countCurrentSizes');
/** Campaigns whose audience has been read since the last look. */
const timesCounted = (): number => {
  const times = counted.mock.calls.reduce((sum, [, campaigns]) => sum + campaigns.length, 0);
  counted.mockClear();
  return times;
};

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
  people = await Promise.all(Array.from({ length: 8 }, () => hire(s, cast.acme)));
  open = await create(cast.max, { userIds: people.map(({ userId }) => userId) });
  including = await create(cast.max, {
    userIds: people.map(({ userId }) => userId),
    includeRestricted: true,
  });
});
afterAll(async () => {
  counted.mockRestore();
  await s?.stop();
});

const campaigns = (who: Actor) => who.client(CampaignService);

async function create(
  who: Actor,
  draft: { userIds: string[]; includeRestricted?: boolean },
): Promise<Campaign> {
  const templateId = await createTemplate(who);
  const { campaign } = await campaigns(who).createCampaign({ name: 'Reach', templateId, workflow, ...draft });
  if (!campaign) throw new Error('There is no campaign.');
  return campaign;
}

async function listed(who: Actor): Promise<Map<string, number>> {
  const { campaigns: page } = await campaigns(who).listCampaigns({});
  return new Map(page.map(({ id, currentAudienceSize }) => [id, currentAudienceSize]));
}

/** As the contract defines it, written another way. */
async function reachable({ id, includeRestricted }: { id: string; includeRestricted: boolean }) {
  const [row] = await s.database.query<{ size: number }>(
    `select count(*)::int as size from member m
      where m.status in (1, 2) and ($2 or not m.processing_restricted) and exists (
        select from (select org_id, user_id from campaign_audience_member where campaign_id = $1
                     union all select org_id, user_id from campaign_left_out where campaign_id = $1) a
         where a.org_id = m.org_id and a.user_id = m.id)`,
    [id, includeRestricted],
  );
  return row?.size;
}

async function expectExact(): Promise<void> {
  const sizes = await listed(cast.max);
  for (const [id, includeRestricted] of [
    [open.id, false],
    [including.id, true],
  ] as const) {
    const expected = await reachable({ id, includeRestricted });
    expect(sizes.get(id)).toBe(expected);
    const { campaign } = await campaigns(cast.max).getCampaign({ campaignId: id });
    expect(campaign?.currentAudienceSize).toBe(expected);
  }
}

const person = (index: number): Actor => people[index] ?? cast.erin;

describe('the current size of an audience', () => {
  const changes: [string, boolean, () => Promise<unknown>][] = [
    ['a deactivation', true, () => members(cast.alice).deactivateUser({ userId: person(0).userId })],
    ['a reactivation', true, () => members(cast.alice).reactivateUser({ userId: person(0).userId })],
    ['a restriction', true, () => restrict(person(1), true)],
    ['the end of a restriction', true, () => restrict(person(1), false)],
    ['a deletion that is scheduled', true, () => privacy().deleteUserData({ userId: person(2).userId })],
    ['a deletion that is cancelled', true, () => cancelDeletion(person(2))],
    ['a deletion', true, () => deleteAtOnce(person(3), false)],
    ['a deletion that leaves a nameless row', true, () => deleteAtOnce(person(4), true)],
    ['many deactivations in one statement', true, () => setStatus([5, 6, 7], 3)],
    ['their return', true, () => setStatus([5, 6, 7], 2)],
    ['an update that changes no reachability', false, () => swapInvitedAndActive([5, 6, 7])],
    ['an invitation', false, () => invite(cast.alice)],
    [
      'a profile',
      false,
      () => members(cast.alice).updateUserProfile({ userId: person(5).userId, profile: {} }),
    ],
    ['a phone', false, () => addPhone(person(5))],
    ['a group', false, () => addToGroup(person(5))],
    ['a new campaign', false, () => create(cast.max, { userIds: [person(6).userId] })],
  ];
  test.each(changes)('is exact after %s', async (_, moves, change) => {
    await listed(cast.max);
    await change();
    timesCounted();
    await expectExact();
    expect(timesCounted() > 0).toBe(moves);
  });

  test('is counted for a new audience, and not again for what follows', async () => {
    const campaign = await create(cast.max, { userIds: [person(5).userId, person(6).userId] });
    await listed(cast.max);
    timesCounted();
    const campaignId = campaign.id;
    await campaigns(cast.max).getCampaign({ campaignId });
    await campaigns(cast.max).updateCampaign({ campaignId, name: 'Renamed' });
    await listed(cast.max);
    expect(timesCounted()).toBe(0);
    const replaced = await campaigns(cast.max).updateCampaign({
      campaignId,
      audienceReplacement: { members: [{ userId: person(7).userId }] },
    });
    expect(replaced.campaign?.currentAudienceSize).toBe(1);
    expect(timesCounted()).toBe(1);
    await campaigns(cast.max).startCampaign({ campaignId });
    await campaigns(cast.max).cancelCampaign({ campaignId });
    expect(timesCounted()).toBe(0);
  });

  test('stays what it was when a change is rolled back, and when two overlap', async () => {
    const [first, second] = [await connect(), await connect()];
    try {
      await first.query('begin');
      await deactivate(first, person(5));
      await expectExact();
      await second.query('begin');
      await deactivate(second, person(6));
      await expectExact();
      await second.query('commit');
      await expectExact();
      await first.query('rollback');
      await expectExact();
      await setStatus([6], 2);
      await expectExact();
    } finally {
      await first.end();
      await second.end();
    }
  });

  test('is not counted again for a change in another organization', async () => {
    await listed(cast.max);
    timesCounted();
    await s.database.query('update member set status = 3 where id = $1', [
      (await hire(s, cast.other)).userId,
    ]);
    await expectExact();
    expect(timesCounted()).toBe(0);
  });
});

test('changes of reachability wait for no other change, and are counted both', async () => {
  const [first, second] = [await connect(), await connect()];
  try {
    for (const client of [first, second]) await client.query('begin');
    await deactivate(first, person(5));
    // Fails instead of waiting.
    await second.query(`set local lock_timeout = '1ms'`);
    await deactivate(second, person(6));
    for (const client of [second, first]) await client.query('commit');
    await expectExact();
    await setStatus([5, 6], 2);
    await expectExact();
  } finally {
    await first.end();
    await second.end();
  }
});

test('a statement about many members renews one version, and an import none', async () => {
  const before = await versions();
  await s.database.query(
    `with person as (
       insert into identity (id, email)
       select gen_random_uuid(), 'import-' || n || '@acme.example' from generate_series(1, 2000) n returning id, email)
     insert into member (org_id, id, identity_id, email, name, status, role_id)
     select $1, gen_random_uuid(), id, email, 'Imported', 2, $2 from person`,
    [cast.acme.id, cast.acme.roles.employee],
  );
  expect(await versions()).toEqual(before);
  const heads = await headcount();
  await s.database.query(`update member set status = 3 where org_id = $1 and name = 'Imported'`, [
    cast.acme.id,
  ]);
  const renewed = (await versions()).filter((version) => !before.includes(version));
  expect(renewed).toHaveLength(1);
  expect(await headcount()).toEqual({
    members: heads.members - 2000,
    deactivated: heads.deactivated + 2000,
  });
});

async function versions(): Promise<string[]> {
  const rows = await s.database.query<{ version: string }>(
    'select version from reachability_version where org_id = $1',
    [cast.acme.id],
  );
  return rows.map(({ version }) => version);
}

async function headcount(): Promise<{ members: number; deactivated: number }> {
  const [row] = await s.database.query<{ members: number; deactivated: number }>(
    `select sum(members)::int as members, sum(deactivated)::int as deactivated from headcount
      where org_id = $1 and subject_id = $1`,
    [cast.acme.id],
  );
  return row ?? { members: 0, deactivated: 0 };
}

const members = (who: Actor) => who.client(MemberService);
const privacy = () => cast.alice.client(PrivacyService);

const restrict = (who: Actor, restricted: boolean) =>
  privacy().restrictProcessing({ userId: who.userId, restricted });

function setStatus(indexes: number[], status: number) {
  const ids = indexes.map((index) => person(index).userId);
  return s.database.query('update member set status = $2 where id = any($1)', [ids, status]);
}

/** Both can be reached. */
async function swapInvitedAndActive(indexes: number[]): Promise<void> {
  await setStatus(indexes, 1);
  await setStatus(indexes, 2);
}

async function cancelDeletion(who: Actor): Promise<void> {
  const { requests } = await privacy().listPrivacyRequests({ requestType: 'delete' });
  const requestId = requests.find(({ userId }) => userId === who.userId)?.id ?? '';
  await privacy().cancelDeletion({ requestId, confirmationEmail: who.email });
}

async function deleteAtOnce(who: Actor, anonymize: boolean): Promise<void> {
  const { requestId } = await privacy().deleteUserData({ userId: who.userId, anonymize });
  await privacy().immediateDelete({ requestId, confirmationEmail: who.email });
  await eventually('the member is deleted', async () => {
    const found = await s.database.query('select from member where id = $1 and email = $2', [
      who.userId,
      who.email,
    ]);
    return found.length === 0;
  });
}

async function addToGroup(who: Actor): Promise<void> {
  const groups = cast.alice.client(GroupService);
  const { group } = await groups.createGroup({ name: randomUUID() });
  await groups.addGroupMembers({ groupId: group?.id, userIds: [who.userId] });
}

/** As the server: with its rights, in its organization. */
async function connect(): Promise<Client> {
  const client = new Client({ connectionString: s.database.appUrl });
  await client.connect();
  await client.query(`select set_config('app.org_id', $1, false)`, [cast.acme.id]);
  return client;
}

const deactivate = (client: Client, who: Actor) =>
  client.query('update member set status = 3 where org_id = $1 and id = $2', [cast.acme.id, who.userId]);
