import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CampaignApproval_State as State } from '@dovecote/contract/dovecote/campaign/v1/approval_pb';
import { ScheduledStart_State as StartState } from '@dovecote/contract/dovecote/campaign/v1/steering_pb';
import { CampaignStatus, Permission } from '@dovecote/contract/pidgr/v1/common_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { ApprovalWorld, HOUR_MS } from '../support/approvals.js';
import { createCampaign } from '../support/campaigns.js';
import { addApiKey, addMember } from '../support/cast.js';
import { eventually } from '../support/eventually.js';
import { refusalOf } from '../support/refusal.js';

let w: ApprovalWorld;

beforeAll(async () => {
  w = await ApprovalWorld.open();
});
beforeEach(() => w.require(true));
afterAll(() => w?.s.stop());

describe('a scheduled start', () => {
  test('does not happen without an approval, also where it is required only since', async () => {
    await w.require(false);
    const [plain, covered] = [await w.created(), await w.created()];
    for (const campaignId of [plain, covered]) await w.scheduled(campaignId);
    await w.approved(covered);
    await w.require(true);
    expect((await w.standing(plain)).scheduledStart?.state).toBe(StartState.WAITING);
    await w.s.travel(HOUR_MS);
    expect(await w.untilStart(plain, StartState.NOT_STARTED)).toMatchObject({
      reason: 'CAMPAIGN_UNAPPROVED',
    });
    await w.untilStart(covered, StartState.STARTED);
    expect(await w.statusOf(plain)).toBe(CampaignStatus.CREATED);
    const refused = await w.trailOf(plain, 'CAMPAIGN_START_REFUSED');
    expect(refused).toMatchObject([{ metadata: { reason: 'CAMPAIGN_UNAPPROVED' } }]);
  });

  test('happens without one where none is required any more', async () => {
    const campaignId = await w.created();
    await w.scheduled(campaignId);
    await w.require(false);
    await w.s.travel(HOUR_MS);
    await w.untilStart(campaignId, StartState.STARTED);
  });

  test('ends with an edit by a caller who may not start campaigns', async () => {
    await w.require(false);
    const writer = await addApiKey(w.s, w.cast.acme, [Permission.CAMPAIGNS_READ, Permission.CAMPAIGNS_WRITE]);
    const campaignId = await w.created();
    await w.scheduled(campaignId);
    await w.rename(campaignId, writer);
    const { scheduledStart } = await w.standing(campaignId);
    expect(scheduledStart).toMatchObject({ state: StartState.NOT_STARTED, reason: 'EDITED_SINCE' });
    const trail = await w.trailOf(campaignId, 'CAMPAIGN_START_REFUSED');
    expect(trail).toMatchObject([{ actor: writer.userId, metadata: { reason: 'EDITED_SINCE' } }]);
    await w.s.travel(HOUR_MS);
    await eventually('the job is through', async () => {
      const jobs = await w.s.database.query('select from graphile_worker.jobs where key = $1', [
        `campaign.start_scheduled/${campaignId}`,
      ]);
      return jobs.length === 0;
    });
    expect(await w.statusOf(campaignId)).toBe(CampaignStatus.CREATED);
  });

  test('follows an edit by a caller who may start campaigns, and survives one that changes nothing', async () => {
    await w.require(false);
    const writer = await addApiKey(w.s, w.cast.acme, [Permission.CAMPAIGNS_READ, Permission.CAMPAIGNS_WRITE]);
    const campaignId = await w.created();
    await w.scheduled(campaignId);
    await w.rename(campaignId, w.mia);
    await w.campaigns(writer).updateCampaign({ campaignId, name: 'Campaign' });
    expect((await w.standing(campaignId)).scheduledStart?.contentChanged).toBe(false);
    await w.s.travel(HOUR_MS);
    await w.untilStart(campaignId, StartState.STARTED);
  });

  test('does not send a translation that was approved since', async () => {
    await w.require(false);
    const { campaignId, translationId } = await w.createdWithTranslation();
    await w.scheduled(campaignId);
    const templates = w.mia.client(TemplateService);
    await templates.approveTemplateTranslation({ translationId });
    expect((await w.standing(campaignId)).scheduledStart?.contentChanged).toBe(true);
    await w.s.travel(HOUR_MS);
    expect(await w.untilStart(campaignId, StartState.NOT_STARTED)).toMatchObject({ reason: 'EDITED_SINCE' });
    expect(await w.statusOf(campaignId)).toBe(CampaignStatus.CREATED);
  });
});

describe('the lists', () => {
  test('show what waits in pages, and leave out what was started', async () => {
    const orgs = await addMember(w.s, w.cast.other, { email: 'olga@other.example', role: 'manager' });
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      const campaignId = await createCampaign(orgs, [orgs.userId]);
      await w.requested(campaignId, orgs);
      await w.scheduled(campaignId, orgs);
      ids.push(campaignId);
    }
    const [gone = '', edited = ''] = ids;
    await w.start(gone, orgs);
    await w.rename(edited, orgs);
    const waiting = ids.filter((id) => id !== gone);
    const pagesOf = async <T>(
      page: (pageToken: string) => Promise<{ items: T[]; nextPageToken: string }>,
    ) => {
      const found: T[] = [];
      let token = '';
      do {
        const { items, nextPageToken } = await page(token);
        expect(items.length).toBeLessThanOrEqual(2);
        found.push(...items);
        token = nextPageToken;
      } while (token !== '');
      return found;
    };
    const listed = await pagesOf(async (pageToken) => {
      const answer = await w.approvals(orgs).listCampaignApprovals({ pageSize: 2, pageToken });
      return { items: answer.approvals, nextPageToken: answer.nextPageToken };
    });
    expect(listed.map(({ campaignId }) => campaignId)).toEqual(waiting.toReversed());
    expect(listed.map(({ state }) => state)).toEqual([
      ...[State.REQUESTED, State.REQUESTED, State.REQUESTED, State.VOID],
    ]);
    const startsOf = (waitingOnly: boolean) =>
      pagesOf(async (pageToken) => {
        const answer = await w.steering(orgs).listScheduledStarts({ waitingOnly, pageSize: 2, pageToken });
        return { items: answer.scheduledStarts, nextPageToken: answer.nextPageToken };
      });
    expect((await startsOf(true)).map(({ campaignId }) => campaignId).sort()).toEqual(waiting.toSorted());
    const all = await startsOf(false);
    expect(all.map(({ campaignId }) => campaignId).sort()).toEqual(ids.toSorted());
    expect(all.find(({ campaignId }) => campaignId === gone)?.state).toBe(StartState.OVERTAKEN);
    expect((await refusalOf(w.steering(w.cast.erin).listScheduledStarts({}))).code).toBe(
      Code.PermissionDenied,
    );
    const foreign = (await w.steering().listScheduledStarts({ pageSize: 100 })).scheduledStarts;
    expect(foreign.filter(({ campaignId }) => ids.includes(campaignId))).toEqual([]);
  });
});
