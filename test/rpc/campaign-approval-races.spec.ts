import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CampaignApproval_State as State } from '@dovecote/contract/dovecote/campaign/v1/approval_pb';
import { CampaignStatus } from '@dovecote/contract/pidgr/v1/common_pb';
import { TemplateService } from '@dovecote/contract/pidgr/v1/template_pb';
import { ApprovalWorld, outcomesOf } from '../support/approvals.js';
import { refusalOf } from '../support/refusal.js';

let w: ApprovalWorld;

beforeAll(async () => {
  w = await ApprovalWorld.open();
});
beforeEach(() => w.require(true));
afterAll(() => w?.s.stop());

describe('at the same moment', () => {
  test('of two requests and of two decisions one counts', async () => {
    const campaignId = await w.created();
    const requests = await outcomesOf([1, 2, 3].map(() => w.requested(campaignId)));
    expect(requests).toEqual({ succeeded: 1, reasons: Array(2).fill('APPROVAL_REQUESTED') });
    const { contentDigest } = await w.standing(campaignId);
    const decisions = await outcomesOf([
      w.approvals(w.cast.alice).approveCampaign({ campaignId, contentDigest }),
      w.approvals(w.mia).rejectCampaign({ campaignId, contentDigest, comment: 'No.' }),
      w.approvals(w.mia).approveCampaign({ campaignId, contentDigest }),
    ]);
    expect(decisions).toEqual({ succeeded: 1, reasons: Array(2).fill('APPROVAL_NOT_REQUESTED') });
    expect(await w.trailOf(campaignId, 'CAMPAIGN_(APPROVED|REJECTED)')).toHaveLength(1);
  });

  test.each(['the edit', 'the start'])('an edit and a start exclude each other, %s first', async (first) => {
    const campaignId = await w.created();
    await w.approved(campaignId);
    const send = [() => w.rename(campaignId), () => w.start(campaignId)];
    const outcomes = await w.queued(campaignId, first === 'the edit' ? send : send.toReversed());
    const expected = first === 'the edit' ? 'CAMPAIGN_UNAPPROVED' : 'CAMPAIGN_NOT_EDITABLE';
    expect(outcomes).toEqual({ succeeded: 1, reasons: [expected] });
    const status = first === 'the edit' ? CampaignStatus.CREATED : CampaignStatus.RUNNING;
    expect(await w.statusOf(campaignId)).toBe(status);
  });

  test.each(['the edit', 'the approval'])(
    'an edit and an approval never let it start, %s first',
    async (first) => {
      const campaignId = await w.created();
      const contentDigest = await w.requested(campaignId);
      const send = [
        () => w.rename(campaignId),
        () => w.approvals().approveCampaign({ campaignId, contentDigest }),
      ];
      const { succeeded, reasons } = await w.queued(
        campaignId,
        first === 'the edit' ? send : send.toReversed(),
      );
      expect([succeeded, ...reasons]).toEqual(first === 'the edit' ? [1, 'CONTENT_CHANGED'] : [2]);
      expect((await w.standing(campaignId)).approval?.state).toBe(State.VOID);
      expect((await refusalOf(w.start(campaignId))).reason).toBe('CAMPAIGN_UNAPPROVED');
    },
  );

  test('a translation that is approved while the campaign starts is not sent unapproved', async () => {
    const { campaignId, translationId } = await w.createdWithTranslation();
    await w.approved(campaignId);
    const templates = w.mia.client(TemplateService);
    const obstacle = await w.obstruct(
      `before update on campaign for each row when (new.status = ${CampaignStatus.RUNNING})`,
    );
    const refused = refusalOf(w.start(campaignId));
    await w.untilWaiting(1);
    await templates.approveTemplateTranslation({ translationId });
    await obstacle.free();
    expect((await refused).reason).toBe('CAMPAIGN_UNAPPROVED');
    expect(await w.statusOf(campaignId)).toBe(CampaignStatus.CREATED);
  });

  test('no start that goes by the former setting outlasts the answer that changes it', async () => {
    await w.require(false);
    const campaignId = await w.created();
    const obstacle = await w.obstruct(
      `before insert on audit_event for each row when (new.event_type = 'CAMPAIGN_STARTED')`,
    );
    const started = w.start(campaignId);
    await w.untilWaiting(1);
    let isAnswered = false;
    const setting = w.require(true).then(() => (isAnswered = true));
    await w.untilWaiting(2);
    expect(isAnswered).toBe(false);
    await obstacle.free();
    await Promise.all([started, setting]);
    expect(await w.statusOf(campaignId)).toBe(CampaignStatus.RUNNING);
    expect((await refusalOf(w.start(await w.created()))).reason).toBe('CAMPAIGN_UNAPPROVED');
  });
});
