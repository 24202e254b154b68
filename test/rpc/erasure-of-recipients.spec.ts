import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { PrivacyRequestStatus, PrivacyService } from '@dovecote/contract/pidgr/v1/privacy_pb';
import { Transaction } from '../../src/platform/database/index.js';
import { CampaignRuns } from '../../src/modules/messaging/campaign/campaign-run.service.js';
import type { Actor } from '../support/cast.js';
import { addPhone, untilStatus } from '../support/campaigns.js';
import { eventually } from '../support/eventually.js';
import { type AudienceWorld, startAudienceWorld } from '../support/audience-world.js';

jest.setTimeout(120_000);

let w: AudienceWorld;

beforeAll(async () => {
  w = await startAudienceWorld();
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => w?.stop());

const privacy = () => w.cast.alice.client(PrivacyService);

async function requestErasure({ userId, email }: Actor, anonymize: boolean): Promise<string> {
  const { requestId } = await privacy().deleteUserData({ userId, anonymize });
  await privacy().immediateDelete({ requestId, confirmationEmail: email });
  return requestId;
}

async function isErased(requestId: string): Promise<boolean> {
  const { requests } = await privacy().listPrivacyRequests({ pageSize: 100 });
  return requests.find(({ id }) => id === requestId)?.status === PrivacyRequestStatus.COMPLETED;
}

const erased = (requestId: string) => eventually('the person is erased', () => isErased(requestId), 40_000);

/** Where rows name the person. */
async function tracesOf({ userId }: Actor): Promise<string[]> {
  const tables = {
    campaign_audience_member: 'user_id = $1',
    campaign_audience_omission: 'user_id = $1',
    campaign_left_out: 'user_id = $1',
    delivery: 'user_id = $1',
    delivery_skip: 'user_id = $1',
    inbox: 'user_id = $1',
    push_outbox: 'user_id = $1 or delivery_id in (select id from delivery where user_id = $1)',
    webhook_call: `payload::text like '%' || $1::text || '%'`,
  };
  const found: string[] = [];
  for (const [table, condition] of Object.entries(tables)) {
    const rows = await w.s.database.query(`select from ${table} where ${condition}`, [userId]);
    if (rows.length > 0) found.push(table);
  }
  return found;
}

/** Holds the first call of a method back, before it does anything, until it is released. */
function holdWrites(): { reached: () => boolean; release: () => void } {
  const write = CampaignRuns.prototype.write;
  const gate = Promise.withResolvers<void>();
  let isReached = false;
  jest.spyOn(CampaignRuns.prototype, 'write').mockImplementation(async function (
    this: CampaignRuns,
    ...given
  ) {
    isReached = true;
    await gate.promise;
    return write.apply(this, given);
  });
  return { reached: () => isReached, release: gate.resolve };
}

/** Holds the transaction that sends the statement back once PostgreSQL has carried it out. */
function holdBehind(name: string): { reached: () => boolean; release: () => void } {
  const execute = Transaction.prototype.execute;
  const gate = Promise.withResolvers<void>();
  let isReached = false;
  jest.spyOn(Transaction.prototype, 'execute').mockImplementation(async function (
    this: Transaction,
    statement,
    values,
  ) {
    const result = await execute.call(this, statement, values);
    if (statement.name === name && !isReached) {
      isReached = true;
      await gate.promise;
    }
    return result;
  });
  return { reached: () => isReached, release: gate.resolve };
}

/** Until the erasure waits for a lock, or is through: what it must not be. */
async function erasureWaits(requestId: string): Promise<void> {
  await eventually(
    'the erasure waits or is through',
    async () => {
      const rows = await w.s.database.query(
        `select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'
            and query like '%pg_advisory_xact_lock(%'`,
      );
      return rows.length > 0 || (await isErased(requestId));
    },
    40_000,
  );
}

describe.each([
  ['deleted', false],
  ['anonymized', true],
] as const)('a member who is %s', (_, anonymize) => {
  test('between the reading and the writing of a piece gets no message, and no reason why', async () => {
    const [reached, left] = await Promise.all([w.add('reached'), w.add('left')]);
    await addPhone(reached);
    await w.cast.alice.client(MemberService).deactivateUser({ userId: left.userId });
    const held = holdWrites();
    const campaignId = await w.newCampaign([reached.userId, left.userId, w.ann.userId]);
    await w.campaigns().startCampaign({ campaignId });
    await eventually('the piece is to be written', async () => held.reached());
    for (const person of [reached, left]) await erased(await requestErasure(person, anonymize));
    held.release();
    await untilStatus(w.cast.max, campaignId, CampaignStatus.COMPLETED);
    const kept = anonymize ? ['campaign_audience_member'] : [];
    expect(await tracesOf(reached)).toEqual(kept);
    expect(await tracesOf(left)).toEqual(kept);
    const { deliveries } = await w.campaigns().listDeliveries({ campaignId });
    expect(deliveries.map(({ userId }) => userId)).toEqual([w.ann.userId]);
  });

  test('while a piece about them is being written is erased from it', async () => {
    const left = await w.add('left');
    await w.cast.alice.client(MemberService).deactivateUser({ userId: left.userId });
    const held = holdBehind('delivery_skip.insert');
    const campaignId = await w.newCampaign([left.userId, w.ann.userId]);
    await w.campaigns().startCampaign({ campaignId });
    await eventually('the piece is not committed yet', async () => held.reached());
    const requestId = await requestErasure(left, anonymize);
    await erasureWaits(requestId);
    held.release();
    await erased(requestId);
    await untilStatus(w.cast.max, campaignId, CampaignStatus.COMPLETED);
    expect(await tracesOf(left)).toEqual(anonymize ? ['campaign_audience_member'] : []);
  });
});

describe('a member who is deleted', () => {
  test('while an audience is resolved is in neither it nor the list of who was left out', async () => {
    const [inside, outside] = await Promise.all([w.add('inside'), w.add('outside')]);
    const campaignId = await w.newCampaign();
    const held = holdBehind('resolution.freeze');
    const resolved = w.audiences().resolveAudience({
      campaignId,
      include: { userIds: [inside.userId, outside.userId, w.ann.userId] },
      exclude: { userIds: [outside.userId] },
    });
    await eventually('the audience is not committed yet', async () => held.reached());
    const requests = [await requestErasure(inside, false), await requestErasure(outside, false)];
    for (const requestId of requests) await erasureWaits(requestId);
    held.release();
    await resolved;
    for (const requestId of requests) await erased(requestId);
    for (const person of [inside, outside]) expect(await tracesOf(person)).toEqual([]);
    expect(await w.audienceOf(campaignId)).toEqual([w.ann.userId]);
  });

  test.each(['audience.insert', 'omission.insert'])(
    'while a file is taken leaves nothing: %s',
    async (statement) => {
      const [inside, outside] = await Promise.all([w.add('inside'), w.add('outside')]);
      await w.cast.alice.client(MemberService).deactivateUser({ userId: outside.userId });
      const campaignId = await w.newCampaign();
      const held = holdBehind(statement);
      const file = new TextEncoder().encode(
        `email\n${[inside, outside, w.ann].map(({ email }) => email).join('\n')}\n`,
      );
      const uploaded = w.audiences().uploadAudience({ campaignId, file });
      await eventually('the audience is not committed yet', async () => held.reached());
      const requests = [await requestErasure(inside, false), await requestErasure(outside, false)];
      for (const requestId of requests) await erasureWaits(requestId);
      held.release();
      await uploaded;
      for (const requestId of requests) await erased(requestId);
      for (const person of [inside, outside]) expect(await tracesOf(person)).toEqual([]);
    },
  );

  test('while a campaign is created is not in its audience', async () => {
    const inside = await w.add('inside');
    const held = holdBehind('audience.insert');
    const created = w.newCampaign([inside.userId, w.ann.userId]);
    await eventually('the audience is not committed yet', async () => held.reached());
    const requestId = await requestErasure(inside, false);
    await erasureWaits(requestId);
    held.release();
    const campaignId = await created;
    await erased(requestId);
    expect(await tracesOf(inside)).toEqual([]);
    expect(await w.audienceOf(campaignId)).toEqual([w.ann.userId]);
  });
});
